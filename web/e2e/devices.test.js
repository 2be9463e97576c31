// “Your devices”: seen from one of them.

import assert from 'node:assert/strict';
import { startRedis } from '../../testing/redis.js';
import { logIn, startServer, USER } from '../../testing/server.js';
import { visit } from './browsers.js';
import { everywhere, inEveryBrowser } from './stories.js';

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1';
const status = async (device) => (await device.ask('/session')).status;
const rows = () => document.querySelectorAll('#device-list li').length;

everywhere('another device is listed, and can be signed out by itself', async (t, { browser, serve }) => {
  const server = await serve();
  const [phone, laptop] = [await logIn(server, PHONE), await logIn(server)];
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.click('Devices');
  await tab.see('this device');
  assert.equal(await tab.focused(), 'devices-title');
  await tab.see('Safari on iPhone');
  await tab.see(/127\.0\.0\.1 · last seen just now · signed in \d\d:\d\d/);
  await tab.assertAccessible();
  await tab.click('Sign out Firefox on Windows');
  await tab.see('Firefox on Windows is signed out.');
  assert.equal(await tab.evaluate(rows), 2);
  assert.deepEqual([await status(laptop), await status(phone)], [401, 200]);
  await tab.assertAccessible();
  assert.deepEqual(await tab.faults(), []);
});

everywhere('all others can be signed out, and so can all', async (t, { browser, serve }) => {
  const server = await serve();
  const [phone, laptop] = [await logIn(server, PHONE), await logIn(server)];
  const tab = await visit(t, browser, server, { path: '/#devices' });
  await tab.signIn();
  await tab.see('this device');
  await tab.click('Sign out all others');
  await tab.see('All other devices are signed out.');
  assert.deepEqual([await status(phone), await status(laptop)], [401, 401]);
  assert.equal(await tab.evaluate(rows), 1);
  const late = await logIn(server);
  await tab.click('Sign out everywhere');
  await tab.see('You are signed out.');
  assert.deepEqual([(await tab.ask('/session')).status, await status(late)], [401, 401]);
});

everywhere('another browser is signed out while somebody looks at it', async (t, { browser, serve }) => {
  const server = await serve();
  const theirs = await visit(t, browser === 'chromium' ? 'firefox' : 'chromium', server);
  await theirs.enter();
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.click('Devices');
  await tab.see('this device');
  await tab.click('Sign out all others');
  await tab.see('All other devices are signed out.');
  await theirs.see('Your session was ended, here or on another device.');
  assert.equal((await theirs.ask('/session')).status, 401);
  assert.equal((await tab.ask('/session')).status, 200);
  assert.deepEqual([await tab.faults(), await theirs.faults()], [[], []]);
});

everywhere('a password that was entered long ago is asked for once more', async (t, { browser, serve }) => {
  const server = await serve('--reauthenticate-within', '1s');
  const phone = await logIn(server, PHONE);
  const tab = await visit(t, browser, server);
  await tab.enter();
  const before = (await tab.ask('/session')).body;
  // The server counts whole seconds, and more than one has to lie between.
  await tab.until(
    async ({ authenticated_at: at }) =>
      Date.parse((await fetch('/livez')).headers.get('Date')) / 1000 > at + 2,
    before,
  );
  await tab.click('Devices');
  await tab.click('Sign out Safari on iPhone');
  await tab.see('Your password, once more');
  assert.equal(await tab.focused(), 'password-again');
  await tab.assertAccessible();
  await tab.press('Escape');
  await tab.see('Nothing was changed.');
  assert.equal(await status(phone), 200);

  await tab.click('Sign out all others');
  await tab.see('Your password, once more');
  await tab.type('not the password');
  await tab.press('Enter');
  await tab.see('The password is wrong.');
  await tab.assertAccessible();
  assert.equal(await status(phone), 200);
  await tab.type(USER.password);
  await tab.press('Enter');
  await tab.see('All other devices are signed out.');
  assert.equal(await status(phone), 401);
  const { session_id: id, authenticated_at: at } = (await tab.ask('/session')).body;
  assert.notEqual(id, before.session_id);
  assert.ok(at > before.authenticated_at);
  await tab.click('Session');
  await tab.see('Verified in this browser');
  assert.equal(await tab.text('session-id'), id);
  assert.deepEqual(await tab.faults(), []);
});

inEveryBrowser(
  'what the store cannot confirm is tried until it can, and not told before',
  async (t, browser) => {
    const redis = await startRedis(t);
    const server = await startServer(t, '--store', redis.url);
    const phone = await logIn(server, PHONE);
    const tab = await visit(t, browser, server);
    await tab.enter();
    await tab.click('Devices');
    await tab.see('Safari on iPhone');
    redis.freeze();
    await tab.click('Sign out Safari on iPhone');
    await tab.see('The server cannot confirm it yet; trying again…');
    redis.thaw();
    await tab.see('Safari on iPhone is signed out.');
    assert.equal(await status(phone), 401);
  },
);
