// A server that cannot be asked signs nobody out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startRedis } from '../../../testing/redis.js';
import { event, launch, newProfile, open, state, until } from './chromium.js';
import { gate, startServer } from './stage.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const endings = (page) => page.evaluate(() => events.filter(({ type }) => type === 'ended').length);

// R51: in a page, which goes on asking.
test('a server that is killed and comes back signs nobody out', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  const tabs = [await open(context, server, { pollEvery: 1 }), await open(context, server, { pollEvery: 1 })];
  for (const tab of tabs) await until(tab, { confirmed: true });
  const { view } = await state(tabs[0]);
  await server.stop();
  for (const tab of tabs) await until(tab, { status: 'signed_in', unavailable: true });
  await server.start();
  for (const tab of tabs) {
    await until(tab, { status: 'signed_in', unavailable: false });
    assert.equal((await state(tab)).view.session_id, view.session_id);
    assert.equal(await endings(tab), 0);
  }
});

// R51: a 503 is no end of a session.
test('a store that does not answer signs nobody out', async (t) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--store', redis.url);
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 1 });
  await until(page, { confirmed: true });
  redis.freeze();
  await until(page, { status: 'signed_in', unavailable: true });
  redis.thaw();
  await until(page, { status: 'signed_in', unavailable: false });
  assert.equal(await endings(page), 0);
});

// R9: by the last word of the server.
test('the session ends at its deadline though nobody can be asked', async (t) => {
  const server = await startServer(t, '--idle-timeout', '12s');
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 1 });
  await until(page, { confirmed: true });
  await server.stop();
  await event(page, 'expiring');
  const { at, state: ended } = await event(page, 'ended');
  assert.equal(ended.reason, 'idle');
  assert.ok(at >= ended.view.idle_expires_at);
});

test('a page that begins during an outage asks until there is an answer', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  await server.stop();
  const page = await open(context, server);
  await until(page, { status: 'asking', unavailable: true });
  await server.start();
  await until(page, { status: 'signed_in', unavailable: false });
});

test('what is not the server’s word ends nothing', async (t) => {
  const server = await startServer(t);
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 60 });
  await until(page, { confirmed: true });
  const impostors = [
    { status: 401, contentType: 'text/html', body: 'Log in to the network' },
    { status: 401, json: { error: 'proxy' } },
    { status: 200, contentType: 'text/html', body: '<h1>Welcome to the hotel</h1>' },
    { status: 200, json: {} },
    { status: 200, json: null },
    { status: 403, json: { code: 'no_session' } },
  ];
  for (const impostor of impostors) {
    await page.route('**/session', (route) => route.fulfill(impostor), { times: 1 });
    const { status, unavailable } = await page.evaluate(() => client.refresh());
    assert.deepEqual({ status, unavailable }, { status: 'signed_in', unavailable: true });
    await page.evaluate(() => client.refresh());
    await until(page, { unavailable: false });
  }
});

test('an answer to an older question does not undo what the page has done', async (t) => {
  const server = await startServer(t);
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 60 });
  await until(page, { confirmed: true });
  const answer = gate();
  const asked = server.proxy.next({ path: '/session' });
  server.proxy.hold = ({ path }) => path === '/session' && answer.promise;
  await page.evaluate(() => {
    globalThis.late = client.refresh();
  });
  await asked;
  await page.evaluate(() => client.signedOut());
  answer.open();
  assert.equal((await page.evaluate(() => globalThis.late)).status, 'ended');
});
