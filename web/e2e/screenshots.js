// Pictures of every view into the folder that SCREENSHOTS names.

import { join } from 'node:path';
import { logIn, startServer } from '../../testing/server.js';
import { closeBrowsers, visit } from './browsers.js';
import { keepAsking, openView, startManaged } from './managed.js';

const SIZES = { wide: { width: 1120, height: 760 }, narrow: { width: 360, height: 740 } };
const SCHEMES = ['light', 'dark'];
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1';

const undone = [];
const stage = { after: (work) => undone.push(work) };
try {
  const server = await startServer(stage, '--reauthenticate-within', '0s');
  await logIn(server, PHONE);
  for (const scheme of SCHEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) await pictures(server, scheme, size, viewport);
  }
  await warning();
  await operations();
} finally {
  for (const work of undone.reverse()) await work();
  await closeBrowsers();
}

async function pictures(server, scheme, size, viewport) {
  const tab = await visit(stage, 'chromium', server, { viewport, media: { 'prefers-color-scheme': scheme } });
  const shoot = (view) => picture(tab, `${view}-${size}-${scheme}`);
  await tab.see('to see your session and your devices');
  await shoot('sign-in');
  await tab.enter();
  await tab.see('and current');
  await shoot('session');
  await tab.click('Devices');
  await tab.see('this device');
  await shoot('devices');
  await tab.click('Sign out all others');
  await tab.see('Your password, once more');
  await shoot('password');
  await tab.press('Escape');
  await data(tab, shoot);
  await inspector(tab, shoot);
  await tab.click('Sign out', 'header');
  await tab.see('You are signed out.');
  await tab.close();
}

/** Two tabs have changed the same thing. */
async function data(tab, shoot) {
  await patch(tab, { cart: ['book'], theme: 'dark', seen: 3 });
  await tab.click('Data');
  await tab.until(() => document.querySelector('#data-text').value.includes('book'));
  await tab.fill('Data, as a JSON object', '{ "cart": ["book", "lamp"], "theme": "dark", "seen": 3 }');
  await shoot('data');
  await patch(tab, { cart: ['book', 'pen'], seen: 4 });
  await tab.click('Save');
  await tab.see('Changed in another place too');
  await shoot('conflict');
  await tab.click('Back to my text');
  await tab.click('Discard my changes');
}

async function inspector(tab, shoot) {
  const { body } = await tab.ask('/session');
  await tab.click('Inspector');
  await tab.fill('Cookie or statement', body.statement);
  await tab.see('Authentic');
  await shoot('inspector');
}

function patch(tab, change) {
  return tab.evaluate(async (body) => {
    const headers = { 'Content-Type': 'application/json' };
    await fetch('/session/data', { method: 'PATCH', headers, body: JSON.stringify(body) });
  }, change);
}

async function warning() {
  const server = await startServer(stage, '--idle-timeout', '20s');
  const tab = await visit(stage, 'chromium', server, { viewport: SIZES.wide });
  await tab.enter();
  await tab.see('unless you stay');
  await picture(tab, 'warning-wide-light');
}

/** A server at work. */
async function operations() {
  const { server, management } = await startManaged(stage);
  const devices = [];
  for (const agent of [PHONE, undefined, undefined]) devices.push(await logIn(server, agent));
  for (const [place, device] of devices.entries())
    keepAsking(stage, () => device.ask('/session'), 40 + 70 * place);
  const come = async () => (await logIn(server)).ask('/logout', { method: 'POST' });
  keepAsking(stage, come, 1_900);
  const gone = await logIn(server);
  await gone.ask('/logout', { method: 'POST' });
  keepAsking(stage, () => gone.ask('/session'), 310);
  const wrong = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
  const body = JSON.stringify({ username: 'somebody', password: 'not the password' });
  keepAsking(stage, () => fetch(`${server.origin}/login`, { ...wrong, body }), 4_100);
  const views = [];
  for (const scheme of SCHEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const media = { 'prefers-color-scheme': scheme };
      const tab = await openView(stage, 'chromium', management, { viewport, media });
      views.push([tab, `${size}-${scheme}`]);
    }
  }
  await new Promise((done) => setTimeout(done, 60_000));
  for (const [tab, name] of views) {
    await tab.fill('Subject', 'demo');
    await tab.press('Enter');
    await tab.see('of demo');
    await picture(tab, `operations-${name}`);
    await tab.click('End all');
    await tab.see('Whoever uses them has to sign in again.');
    // The dialog is about the window, not the page.
    await picture(tab, `operations-end-${name}`, false);
    await tab.press('Escape');
    await tab.click('Forget token');
    await picture(tab, `operations-door-${name}`);
  }
}

function picture({ driver: { page } }, name, fullPage = true) {
  const path = join(process.env.SCREENSHOTS, `${name}.webp`);
  return page.screenshot({ path, quality: 65, fullPage });
}
