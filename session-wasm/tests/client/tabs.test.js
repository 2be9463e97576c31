// Tabs of one browser: one asks and all learn, whatever becomes of that one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { event, launch, newProfile, open, signIn, state, until } from './chromium.js';
import { gate, startServer } from './stage.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const POLL = 1;
const FEED = '/.well-known/session-revocations';
const POLLED = ['/session', FEED];
const polls = ({ proxy }) => proxy.seen.filter(({ path }) => POLLED.includes(path)).length;

/** Tabs of one profile that all know the session. */
async function openTabs(context, server, count, ...options) {
  const tabs = [];
  for (let tab = 0; tab < count; tab += 1) {
    tabs.push(await open(context, server, { pollEvery: POLL, ...options[tab] }, { tab }));
  }
  for (const tab of tabs) await until(tab, { confirmed: true });
  return tabs;
}

test('three tabs ask no oftener than one', async (t) => {
  const server = await startServer(t);
  const tabs = await openTabs(await newProfile(t, browser, server), server, 3);
  const [startedAt, before] = [performance.now(), polls(server)];
  while (polls(server) < before + 8) await server.proxy.next({ method: 'GET' });
  const intervals = (performance.now() - startedAt) / 1000 / POLL;
  assert.ok(polls(server) - before <= intervals + 2, `${polls(server) - before} in ${intervals} intervals`);
  for (const tab of tabs) assert.equal((await state(tab)).unavailable, false);
});

test('what one tab is told, all know', async (t) => {
  const server = await startServer(t, '--idle-timeout', '20s');
  const context = await newProfile(t, browser, server);
  const [first, second] = await openTabs(context, server, 2);
  const before = (await state(second)).view.idle_expires_at;
  await first.waitForFunction((deadline) => deadline - client.now() < 9, before);
  await first.evaluate(() => client.extend());
  await second.waitForFunction((deadline) => client.state.view.idle_expires_at > deadline, before);
});

test('a session renewed in one tab goes on in the others', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  const [first, second] = await openTabs(context, server, 2);
  const view = await first.evaluate(async () => {
    const renewed = await (await fetch('/session/renew', { method: 'POST' })).json();
    client.adopt(renewed);
    return renewed;
  });
  await second.waitForFunction((id) => client.state.view?.session_id === id, view.session_id);
  assert.ok(!(await second.evaluate(() => events.some(({ type }) => type === 'ended'))));
});

test('signing out in one tab ends the session in all, and signing in begins it', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  const [first, second] = await openTabs(context, server, 2);
  await first.evaluate(async () => {
    await fetch('/logout', { method: 'POST' });
    client.signedOut();
  });
  assert.equal((await event(second, 'ended')).state.reason, 'signed_out');
  const view = await signIn(context, server);
  await first.evaluate((view) => client.adopt(view), view);
  await second.waitForFunction((id) => client.state.view?.session_id === id, view.session_id);
  await until(second, { status: 'signed_in' });
});

test('an end on another device is told in every tab', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  const tabs = await openTabs(context, server, 2);
  const other = await newProfile(t, browser, server);
  const asked = () => server.proxy.seen.filter(({ path }) => path === '/session').length;
  const before = asked();
  for (let poll = 0; poll < 3; poll += 1) await server.proxy.next({ path: FEED });
  assert.equal(asked(), before, 'the feed is enough while nothing happens');
  const answer = await other.request.delete(`${server.origin}/sessions?keep=current`);
  assert.equal(answer.status(), 204);
  for (const tab of tabs) assert.equal((await event(tab, 'ended')).state.reason, 'revoked');
});

test('while one tab waits for its answer, the others do too', async (t) => {
  const server = await startServer(t);
  const [first] = await openTabs(await newProfile(t, browser, server), server, 2, { patience: 3600 });
  await asksForAll(server, first);
  const ofSecond = () => server.proxy.seen.filter(({ tab }) => tab === '1').length;
  const asked = ofSecond();
  // Meanwhile another browser asks often enough for the second tab to have asked.
  await open(await newProfile(t, browser, server), server, { pollEvery: POLL }, { tab: 'other' });
  for (let poll = 0; poll < 4; poll += 1) await server.proxy.next({ tab: 'other' });
  assert.equal(ofSecond(), asked);
});

test('a tab that crashes while it asks for all is followed by another', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  const [first, second] = await openTabs(context, server, 2);
  await asksForAll(server, first);
  const crashed = first.waitForEvent('crash');
  const cdp = await context.newCDPSession(first);
  cdp.send('Page.crash').catch(() => {});
  await crashed;
  await server.proxy.next({ tab: '1' });
  await until(second, { status: 'signed_in', unavailable: false });
});

test('a tab that is frozen while it asks for all loses its turn', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  const [first, second] = await openTabs(context, server, 2, { patience: 3600 }, { patience: 1 });
  await asksForAll(server, first);
  const cdp = await context.newCDPSession(first);
  await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
  await server.proxy.next({ tab: '1' });
  await until(second, { status: 'signed_in', unavailable: false });
});

for (const missing of ['locks', 'BroadcastChannel']) {
  test(`tabs manage without ${missing}`, async (t) => {
    const server = await startServer(t);
    const context = await newProfile(t, browser, server);
    await context.addInitScript((name) => {
      if (name === 'locks') Object.defineProperty(navigator, 'locks', { value: undefined });
      else delete globalThis.BroadcastChannel;
    }, missing);
    const tabs = await openTabs(context, server, 2);
    const other = await newProfile(t, browser, server);
    await other.request.delete(`${server.origin}/sessions?keep=current`);
    for (const tab of tabs) await event(tab, 'ended');
  });
}

/** Until this tab, the first, has asked, and its question hangs while others would be answered. */
async function asksForAll({ proxy }, tab) {
  proxy.hold = ({ tab }) => (tab === '0' ? gate().promise : undefined);
  const asked = proxy.next({ tab: '0' });
  // It may be the other one's turn.
  await tab.evaluate(() => {
    globalThis.nudge = setInterval(() => dispatchEvent(new Event('focus')), 100);
  });
  await asked;
  await tab.evaluate(() => clearInterval(globalThis.nudge));
}
