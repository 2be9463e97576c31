import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { miniBrowser, NO_SANDBOX } from '../../../testing/programs.js';
import { during, output } from './program.js';
import { site } from './site.js';

// Nothing but the page that is asked for.
const FIREFOX_PREFERENCES = `
user_pref('browser.aboutwelcome.enabled', false);
user_pref('browser.shell.checkDefaultBrowser', false);
user_pref('browser.startup.homepage_override.mstone', 'ignore');
user_pref('datareporting.policy.dataSubmissionPolicyBypassNotification', true);
user_pref('termsofuse.bypassNotification', true);
`;

export const chromium = (pages) =>
  inFreshHome((home, env) => {
    const flags = ['--headless', '--no-first-run', '--disable-gpu', `--user-data-dir=${home}`, ...NO_SANDBOX];
    return visit(['chromium', ...flags], env, pages);
  });

export const firefox = (pages) =>
  inFreshHome(async (home, env) => {
    await writeFile(`${home}/user.js`, FIREFOX_PREFERENCES);
    return visit(['firefox-esr', '--headless', '--no-remote', '--profile', home], env, pages);
  });

export const webkitgtk = (pages) =>
  inFreshHome((_, env) =>
    during(['Xvfb', '-displayfd', '3', '-nolisten', 'tcp'], env, async (xvfb) => {
      const [display] = await once(xvfb.stdio[3], 'data');
      return visit([miniBrowser()], { ...env, DISPLAY: `:${String(display).trim()}` }, pages);
    }),
  );

/** Every page in one process of the browser. */
async function visit([browser, ...flags], env, pages) {
  const [version] = (await output(browser, ['--version'], { env })).match(/\d[\w.]*/);
  const { origin, reports, close } = await site(pages);
  try {
    const url = `${origin}/${pages[0].name}`;
    return { version, pages: await during([browser, ...flags, url], env, () => reports) };
  } finally {
    close();
  }
}

/** No setting, history or cache of whoever runs this. */
async function inFreshHome(work) {
  const home = await mkdtemp(`${tmpdir()}/browser-`);
  try {
    return await work(home, { ...process.env, HOME: home });
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}
