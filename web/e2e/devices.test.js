// “Devices”: seen from one of them.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../../testing/redis.js';
import { logIn, startServer, USER } from '../../testing/server.js';
import { visit } from './browsers.js';
import { everywhere, inEveryBrowser } from './stories.js';

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1';
const status = async (device) => (await device.ask('/session')).status;
const cards = () => document.querySelectorAll('#device-list li').length;

/** Who changes their mind at once: before the next frame, so that no event of the first dialog is there yet. */
const cancelAndAskAgain = async () => {
  document.querySelector('#confirm-no').click();
  await new Promise((done) => setTimeout(done));
  document.querySelector('#end-others').click();
};

/** Until the server's clock, which counts whole seconds, shows a later one than `at`. */
const untilAfter = (tab, at) =>
  tab.until(async (before) => Date.parse((await fetch('/livez')).headers.get('Date')) / 1000 > before, at);

everywhere('another device is listed, and can be signed out by itself', async (t, { browser, serve }) => {
  const server = await serve();
  const [phone, laptop] = [await logIn(server, PHONE), await logIn(server)];
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.see('You’re signed in on 3 devices.');
  await tab.click('Devices');
  await tab.see('This device');
  assert.equal(await tab.focused(), 'devices-title');
  await tab.see('Safari on iPhone');
  await tab.see('Active now');
  await tab.see(/127\.0\.0\.1 · Signed in just now/);
  const pictures = await tab.evaluate(() =>
    [...document.querySelectorAll('.device .picture use')].map((use) => use.getAttribute('href')).sort(),
  );
  assert.deepEqual(pictures, ['#icon-computer', '#icon-computer', '#icon-phone']);
  await tab.assertAccessible();
  await tab.click('Sign out Firefox on Windows');
  await tab.see('Sign out Firefox on Windows?');
  await tab.assertAccessible();
  await tab.press('Escape');
  await tab.seeNoMore('Sign out Firefox on Windows?');
  assert.equal(await status(laptop), 200);
  await tab.click('Sign out Firefox on Windows');
  await tab.click('Sign out', '#confirm');
  await tab.see('Firefox on Windows is signed out.');
  assert.equal(await tab.evaluate(cards), 2);
  assert.deepEqual([await status(laptop), await status(phone)], [401, 200]);
  await tab.assertAccessible();
  assert.deepEqual(await tab.faults(), []);
});

const PLACES = fileURLToPath(new URL('../../testing/places.mmdb', import.meta.url));

everywhere('a device is somewhere only if the operator has a database', async (t, { browser, serve }) => {
  const from = { 'X-Forwarded-For': '81.2.69.142' };
  const server = await serve('--trusted-proxies', '127.0.0.1', '--place-database', PLACES);
  await logIn(server, PHONE, from);
  const tab = await visit(t, browser, server, { path: '/#devices' });
  await tab.signIn();
  await tab.see(/81\.2\.69\.142 · London, United Kingdom · Signed in/);
  await tab.see(/127\.0\.0\.1 · Signed in/);
  await tab.assertAccessible();
  assert.deepEqual(await tab.faults(), []);
});

everywhere(
  'signing out all others asks first, says how many, and looks as dangerous as it is',
  async (t, { browser, serve }) => {
    const server = await serve();
    const [phone, laptop] = [await logIn(server, PHONE), await logIn(server)];
    const tab = await visit(t, browser, server, { path: '/#devices' });
    await tab.signIn();
    await tab.see('This device');
    await tab.click('Sign out all other devices');
    await tab.see('Sign out 2 other devices?');
    assert.equal(await tab.focused(), 'confirm-no', 'what is done by chance does nothing');
    const [red, green, blue] = await tab.evaluate(() =>
      getComputedStyle(document.querySelector('#confirm-yes')).backgroundColor.match(/\d+/g).map(Number),
    );
    assert.ok(red > 2 * green && red > 2 * blue, `rgb(${red}, ${green}, ${blue}) is red`);
    await tab.assertAccessible();
    await tab.click('Cancel', '#confirm');
    assert.deepEqual([await status(phone), await status(laptop)], [200, 200]);
    await tab.click('Sign out all other devices');
    await tab.see('Sign out 2 other devices?');
    await tab.evaluate(cancelAndAskAgain);
    await tab.click('Sign out 2 devices', '#confirm');
    await tab.see('All other devices are signed out.');
    assert.deepEqual([await status(phone), await status(laptop)], [401, 401]);
    assert.equal(await tab.evaluate(cards), 1);
    assert.equal(await tab.evaluate(() => document.querySelector('#end-others').disabled), true);
    await tab.assertAccessible();

    const late = await logIn(server);
    await tab.click('Sign out everywhere');
    // As many as there are now, not as many as were there when it was listed.
    await tab.see('Sign out on 2 devices?');
    await tab.see('This device is one of them');
    await tab.click('Sign out 2 devices', '#confirm');
    await tab.see('You’re signed out.');
    assert.deepEqual([(await tab.ask('/session')).status, await status(late)], [401, 401]);
  },
);

everywhere(
  'a sign-in that is new since the last visit is marked, until it has been seen',
  async (t, { browser, serve }) => {
    const server = await serve();
    await logIn(server, PHONE);
    const tab = await visit(t, browser, server);
    await tab.enter();
    await tab.see('You’re signed in on 2 devices.');
    await tab.seeNoMore('since your last visit');
    await untilAfter(tab, (await tab.ask('/session')).body.created_at);
    const stranger = await logIn(server);
    await tab.reload();
    await tab.see('1 new sign-in since your last visit');
    await tab.click('Devices');
    await tab.see(/Firefox on Windows New/);
    assert.doesNotMatch(await tab.evaluate(() => document.body.innerText), /Safari on iPhone New/);
    await tab.assertAccessible();
    const kept = await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    for (const told of ['demo', stranger.view.session_id, '127.0.0.1', 'Firefox'])
      assert.ok(!kept.includes(told), `${told} in ${kept}`);
    // Once it has been seen, it is not new at the next visit.
    await tab.click('Sign out', 'header');
    await tab.see('You’re signed out.');
    await tab.signIn();
    await tab.see('Firefox on Windows');
    await tab.see('Safari on iPhone');
    assert.doesNotMatch(await tab.evaluate(() => document.body.innerText), /Firefox on Windows New/);
  },
);

inEveryBrowser('a time is told roughly, and exactly on hover and on focus', async (t, browser) => {
  const server = await startServer(t);
  await logIn(server, PHONE);
  const tab = await visit(t, browser, server, { path: '/#devices', zone: 'Europe/Berlin' });
  await tab.signIn();
  await tab.see('Signed in just now');
  const exact = /\d{4} at \d\d:\d\d:\d\d (CES?T|GMT\+[12])/;
  const time = '#device-list li:last-child .when time';
  const isShown = () => Boolean(document.querySelector('#device-list li:last-child .tip')?.checkVisibility());
  assert.equal(await tab.evaluate(isShown), false);
  await tab.hover(time);
  await tab.see(exact);
  await tab.press('Escape');
  await tab.until(() => !document.querySelector('#device-list li:last-child .tip').checkVisibility());
  await tab.hover('#devices-title');
  await tab.evaluate((selector) => document.querySelector(selector).focus(), time);
  await tab.see(exact);
  await tab.assertAccessible();
});

everywhere('another browser is signed out while somebody looks at it', async (t, { browser, serve }) => {
  const server = await serve();
  const theirs = await visit(t, browser === 'chromium' ? 'firefox' : 'chromium', server);
  await theirs.enter();
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.click('Devices');
  await tab.see('This device');
  await tab.click('Sign out all other devices');
  await tab.see('Sign out 1 other device?');
  await tab.click('Sign out 1 device', '#confirm');
  await tab.see('All other devices are signed out.');
  await theirs.see('You were signed out, here or from another device.');
  assert.equal((await theirs.ask('/session')).status, 401);
  assert.equal((await tab.ask('/session')).status, 200);
  assert.deepEqual([await tab.faults(), await theirs.faults()], [[], []]);
});

// R31: before other devices are signed out.
everywhere('a password that was entered long ago is asked for once more', async (t, { browser, serve }) => {
  const server = await serve('--page-developer', '--reauthenticate-within', '1s');
  const phone = await logIn(server, PHONE);
  const tab = await visit(t, browser, server);
  await tab.enter();
  const before = (await tab.ask('/session')).body;
  await untilAfter(tab, before.authenticated_at + 2);
  await tab.click('Devices');
  await tab.click('Sign out Safari on iPhone');
  await tab.click('Sign out', '#confirm');
  await tab.see('Confirm it’s you');
  assert.equal(await tab.focused(), 'password-again');
  await tab.assertAccessible();
  await tab.press('Escape');
  await tab.see('Nothing was changed.');
  assert.equal(await status(phone), 200);

  await tab.click('Sign out all other devices');
  await tab.click('Sign out 1 device', '#confirm');
  await tab.see('Confirm it’s you');
  await tab.type('not the password');
  await tab.press('Enter');
  await tab.see('Wrong password.');
  await tab.assertAccessible();
  assert.equal(await status(phone), 200);
  await tab.type(USER.password);
  await tab.press('Enter');
  await tab.see('All other devices are signed out.');
  assert.equal(await status(phone), 401);
  const { session_id: id, authenticated_at: at } = (await tab.ask('/session')).body;
  assert.notEqual(id, before.session_id);
  assert.ok(at > before.authenticated_at);
  await tab.click('Developer');
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
    await tab.click('Sign out', '#confirm');
    await tab.see('Not confirmed yet because the server isn’t responding. Trying again…');
    redis.thaw();
    await tab.see('Safari on iPhone is signed out.');
    assert.equal(await status(phone), 401);
  },
);

inEveryBrowser('devices that cannot be listed are not told as none', async (t, browser) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--store', redis.url);
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.see('You’re signed in on 1 device.');
  await tab.reload();
  await tab.see('Verified in this browser');
  redis.freeze();
  await tab.reload();
  await tab.click('Devices');
  await tab.see('Your devices can’t be shown right now. Please try again shortly.');
  assert.equal(await tab.evaluate(cards), 0);
  redis.thaw();
});
