// Who is away is signed out, who is there is not, and both are told in time.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { event, launch, newProfile, open, state, until } from './chromium.js';
import { startServer } from './stage.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const ACTIVE = { path: '/session', passive: false };
const types = (page) => page.evaluate(() => events.map(({ type }) => type));

test('an open tab that nobody uses lets the session idle out, and warns before', async (t) => {
  // The warning is due three seconds before the end: a busy machine is not late by as much.
  const server = await startServer(t, '--idle-timeout', '15s');
  const page = await open(await newProfile(t, browser, server), server);
  const warning = await event(page, 'expiring');
  const { view } = warning.state;
  assert.ok(warning.at >= view.idle_expires_at - 4, 'a fifth of the remaining time before the deadline');
  assert.equal(warning.state.status, 'signed_in');
  const end = await event(page, 'ended');
  assert.ok(end.at >= view.idle_expires_at - 1);
  assert.equal(end.state.reason, 'idle');
  assert.equal(end.state.view.session_id, view.session_id);
  const told = (await types(page)).filter((type) => type !== 'changed');
  assert.deepEqual(told, ['expiring', 'ended'], 'each once');
  assert.ok(!server.proxy.seen.some(({ path, passive }) => path === '/session' && !passive));
});

test('the final deadline is told as such', async (t) => {
  const server = await startServer(t, '--idle-timeout', '12s', '--absolute-timeout', '12s');
  const page = await open(await newProfile(t, browser, server), server, { warnBefore: 5 });
  await event(page, 'expiring');
  assert.equal((await event(page, 'ended')).state.reason, 'expired');
});

test('staying signed in withdraws the warning', async (t) => {
  const server = await startServer(t, '--idle-timeout', '14s');
  const page = await open(await newProfile(t, browser, server), server, { warnBefore: 7 });
  const { state: warned } = await event(page, 'expiring');
  const extended = await page.evaluate(() => client.extend());
  assert.ok(extended.view.idle_expires_at > warned.view.idle_expires_at);
  assert.equal(extended.expiring, false);
  assert.equal((await types(page)).at(-1), 'changed');
  // It warns again of the new deadline.
  await page.waitForFunction(() => events.filter(({ type }) => type === 'expiring').length === 2);
});

test('real input extends the session, and what scripts dispatch does not', async (t) => {
  const server = await startServer(t, '--idle-timeout', '16s');
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 1 });
  await until(page, { confirmed: true });
  const before = (await state(page)).view.idle_expires_at;

  const passive = server.proxy.next({ path: '/session' });
  await page.evaluate(() => {
    for (const type of ['keydown', 'pointerdown', 'wheel', 'touchstart']) {
      dispatchEvent(new Event(type, { bubbles: true }));
      document.body.dispatchEvent(new Event(type, { bubbles: true }));
    }
    client.refresh();
  });
  await passive;
  const isActive = ({ path, passive }) => path === '/session' && !passive;
  assert.deepEqual(server.proxy.seen.filter(isActive), []);

  // The server pushes so short a deadline at its half; the clock here may be a second ahead of it.
  await page.waitForFunction((deadline) => deadline - client.now() < 6, before);
  const active = server.proxy.next(ACTIVE);
  await page.keyboard.press('a');
  await active;
  await page.waitForFunction((deadline) => client.state.view.idle_expires_at > deadline, before);

  // Input goes on, and the server is told once per interval.
  for (let press = 0; press < 20; press += 1) await page.keyboard.press('b');
  await page.mouse.wheel(0, 100);
  await page.evaluate(() => client.refresh());
  assert.equal(server.proxy.seen.filter(isActive).length, 1);
});

test('a statement is followed by another before it expires', async (t) => {
  // No statement outlives its session, so this one is short.
  const server = await startServer(t, '--idle-timeout', '12s', '--absolute-timeout', '12s');
  const page = await open(await newProfile(t, browser, server), server, { warnBefore: 1, pollEvery: 3600 });
  await page.waitForFunction(() => client.state.confirmed && client.state.verdict?.ok);
  const { verdict: first } = await state(page);
  await page.waitForFunction((at) => client.state.verdict.issuedAt > at, first.issuedAt);
  assert.ok((await page.evaluate(() => client.now())) < first.expiresAt);
  assert.deepEqual(
    server.proxy.seen.filter(({ path, passive }) => path === '/session' && !passive),
    [],
  );
});

test('a session that is used elsewhere is not warned of', async (t) => {
  const server = await startServer(t, '--idle-timeout', '16s');
  const context = await newProfile(t, browser, server);
  const page = await open(context, server, { warnBefore: 1, pollEvery: 3600 });
  await until(page, { confirmed: true });
  const { view } = await state(page);
  await page.waitForFunction((deadline) => deadline - client.now() < 6, view.idle_expires_at);
  const { idle_expires_at } = await (await context.request.get(`${server.origin}/session`)).json();
  assert.ok(idle_expires_at > view.idle_expires_at, 'the server pushes it after half of so short a timeout');
  const warning = await event(page, 'expiring');
  assert.equal(warning.state.view.idle_expires_at, idle_expires_at);
});

test('whoever comes back to the page is told how things stand', async (t) => {
  const server = await startServer(t);
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 3600 });
  await until(page, { confirmed: true });
  for (const type of ['focus', 'online', 'visibilitychange']) {
    // An answer that is still on its way would do for both.
    await page.evaluate(() => client.refresh());
    const asked = server.proxy.next({ path: '/session', passive: true });
    await page.evaluate((type) => void document.dispatchEvent(new Event(type, { bubbles: true })), type);
    await asked;
  }
});

test('a machine that slept through the end says so when it wakes', async (t) => {
  const server = await startServer(t, '--idle-timeout', '12s');
  const context = await newProfile(t, browser, server);
  await context.addInitScript(() => {
    const running = performance.now.bind(performance);
    let stoodAt;
    let lost = 0;
    globalThis.sleep = () => {
      stoodAt = running();
    };
    globalThis.wake = () => {
      lost += running() - stoodAt;
      stoodAt = undefined;
      dispatchEvent(new Event('focus'));
    };
    performance.now = () => (stoodAt ?? running()) - lost;
  });
  const page = await open(context, server);
  await until(page, { confirmed: true });
  await page.evaluate(() => sleep());
  const { view } = await state(page);
  await page.waitForFunction((deadline) => Date.now() / 1000 > deadline + 1, view.idle_expires_at);
  assert.equal((await state(page)).status, 'signed_in', 'its clock stands still');
  await page.evaluate(() => wake());
  assert.equal((await event(page, 'ended')).state.reason, 'idle');
  assert.ok(Math.abs((await page.evaluate(() => client.now())) - Date.now() / 1000) < 3);
});
