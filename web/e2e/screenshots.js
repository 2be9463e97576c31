// Pictures of every view into the folder that SCREENSHOTS names.

import { join } from 'node:path';
import { logIn, startServer, USER } from '../../testing/server.js';
import { closeBrowsers, visit } from './browsers.js';
import { keepAsking, openView, startManaged } from './managed.js';

const SIZES = { wide: { width: 1120, height: 760 }, narrow: { width: 360, height: 740 } };
const SCHEMES = ['light', 'dark'];
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1';
const TABLET = 'Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1';
const FLAGS = ['--reauthenticate-within', '0s', '--page-developer'];

const undone = [];
const stage = { after: (work) => undone.push(work) };
try {
  const server = await startServer(stage, ...FLAGS);
  for (const agent of [PHONE, undefined]) await logIn(server, agent);
  for (const scheme of SCHEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) await pictures(server, scheme, size, viewport);
  }
  await warning();
  await languages();
  await operations();
} finally {
  for (const work of undone.reverse()) await work();
  await closeBrowsers();
}

async function pictures(server, scheme, size, viewport) {
  const media = { 'prefers-color-scheme': scheme };
  const tab = await visit(stage, 'chromium', server, { viewport, media });
  const shoot = (view) => picture(tab, `${view}-${size}-${scheme}`);
  await tab.seeSignIn();
  await shoot('sign-in');
  await tab.enter();
  await tab.see('devices.');
  const stranger = await logInLater(tab, server);
  await tab.click('Account');
  await tab.reload();
  await tab.see('1 new sign-in');
  await shoot('account');
  await tab.click('Devices');
  await tab.see('This device');
  await shoot('devices');
  await tab.click('Sign out all other devices');
  await tab.see('other devices?');
  await picture(tab, `end-${size}-${scheme}`, false);
  await tab.click('Sign out 3 devices', '#confirm');
  await tab.see('Confirm it’s you');
  await picture(tab, `password-${size}-${scheme}`, false);
  await tab.press('Escape');
  await tab.click('Security');
  await tab.see('Renew session ID');
  await shoot('security');
  await tab.click('Developer');
  await tab.see('and current');
  await shoot('statement');
  await data(tab, shoot);
  await inspector(tab, shoot);
  await tab.click('Sign out', 'header');
  await tab.see('You’re signed out.');
  await tab.close();
  await stranger.ask('/logout', { method: 'POST' });
}

/** A device that signs in after somebody has been here; the server counts whole seconds. */
async function logInLater(tab, server) {
  const { created_at: at } = (await tab.ask('/session')).body;
  const isLater = async (before) => Date.parse((await fetch('/livez')).headers.get('Date')) / 1000 > before;
  await tab.until(isLater, at);
  return logIn(server, TABLET);
}

/** Two tabs have changed the same thing. */
async function data(tab, shoot) {
  await patch(tab, { cart: ['book'], theme: 'dark', seen: 3 });
  await tab.click('Data');
  await tab.until(() => document.querySelector('#data-text').value.includes('book'));
  await tab.fill('Data (JSON object)', '{ "cart": ["book", "lamp"], "theme": "dark", "seen": 3 }');
  await shoot('data');
  await patch(tab, { cart: ['book', 'pen'], seen: 4 });
  await tab.click('Save');
  await tab.see('The data was also changed elsewhere');
  await shoot('conflict');
  await tab.click('Back to my changes');
  await tab.click('Discard changes');
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

/** The account in the other languages. */
async function languages() {
  const server = await startServer(stage);
  await logIn(server, PHONE);
  for (const language of ['de', 'ja']) {
    const tab = await visit(stage, 'chromium', server, { viewport: SIZES.narrow, language });
    await tab.evaluate(() => document.querySelector('#username').focus());
    await tab.type(USER.username);
    await tab.press('Tab');
    await tab.type(USER.password);
    await tab.press('Enter');
    await tab.until(() => document.querySelector('#devices-summary').textContent !== '');
    await picture(tab, `account-narrow-${language}`);
  }
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
