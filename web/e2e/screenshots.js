// Pictures of the page into the folder that SCREENSHOTS names.

import { join } from 'node:path';

import { launch, session, signIn, startServer, visit } from './stage.js';

const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 740 } };
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1';

const cleanUp = [];
const stage = { after: (work) => cleanUp.push(work) };
const browser = await launch();
try {
  const server = await startServer(stage);
  const phone = await visit(stage, browser, server, { userAgent: PHONE });
  await signIn(phone.page);
  await session(phone.page).waitFor();
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, viewport] of Object.entries(SIZES)) {
      await pictures(server, name, { colorScheme, viewport });
    }
  }
} finally {
  for (const work of cleanUp.reverse()) await work();
  await browser.close();
}

async function pictures(server, size, options) {
  const { context, page } = await visit(stage, browser, server, options);
  const shoot = (view) =>
    page.screenshot({
      path: join(process.env.SCREENSHOTS, `${view}-${size}-${options.colorScheme}.png`),
      fullPage: true,
    });
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await shoot('sign-in');
  await signIn(page);
  await page.getByText('Verified in this browser').waitFor();
  await page.getByText('this device').waitFor();
  await shoot('session');
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await context.close();
}
