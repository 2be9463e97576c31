// A client costs nothing before it is started and after it is stopped.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, newProfile, open, until } from './chromium.js';
import { startServer } from './stage.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const CYCLES = 10_000;

test('the client can be imported and made where there is no page', async () => {
  const { SessionClient } = await import('../../package/client.js');
  const client = new SessionClient();
  assert.deepEqual(client.state, { status: 'asking', unavailable: false });
  assert.equal(client.now(), undefined);
  client.stop();
});

test('ten thousand starts and stops leave nothing behind', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  await context.addInitScript(countTimersAndChannels);
  const page = await open(context, server, {}, { later: '' });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  await cycle(page, 100);
  const before = await measure(cdp, page);
  assert.ok((await cycle(page, CYCLES)) > 0, 'the started client listens');
  const after = await measure(cdp, page);
  assert.deepEqual(after.left, { timers: 0, channels: 0 });
  assert.equal(after.listeners, before.listeners);
  assert.ok(after.heap - before.heap < 2_000_000, `${after.heap - before.heap} bytes more`);
  assert.equal(await page.evaluate(async () => (await navigator.locks.query()).held.length), 0);
});

test('a stopped client asks nothing and says nothing', async (t) => {
  const server = await startServer(t);
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 1 }, { tab: 'stopped' });
  await until(page, { confirmed: true });
  await page.evaluate(() => client.stop());
  const ofStopped = () => server.proxy.seen.filter(({ tab }) => tab === 'stopped').length;
  const [asked, told] = [ofStopped(), await page.evaluate(() => events.length)];
  await page.keyboard.press('a');
  await page.evaluate(() => ['focus', 'online', 'pagehide'].map((type) => dispatchEvent(new Event(type))));
  // Meanwhile another browser asks three times.
  await open(await newProfile(t, browser, server), server, { pollEvery: 1 }, { tab: 'other' });
  for (let poll = 0; poll < 4; poll += 1) await server.proxy.next({ tab: 'other' });
  assert.equal(ofStopped(), asked);
  assert.equal(await page.evaluate(() => events.length), told);
});

test('a page that comes back from the cache of pages asks again', async (t) => {
  const server = await startServer(t);
  const browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  t.after(() => browser.close());
  const page = await open(await newProfile(t, browser, server), server, { pollEvery: 3600 });
  await until(page, { confirmed: true });
  await page.evaluate(() => {
    globalThis.kept = false;
    addEventListener('pageshow', ({ persisted }) => {
      globalThis.kept = persisted;
    });
  });
  await page.goto(`${server.origin}/openapi.json`);
  const asked = server.proxy.next({ path: '/session', passive: true });
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => globalThis.kept);
  await asked;
  await until(page, { status: 'signed_in', unavailable: false });
});

/** Starts and stops, and says how many timers and channels a started client had at most. */
const cycle = (page, times) =>
  page.evaluate(async (times) => {
    let most = 0;
    for (let turn = 0; turn < times; turn += 1) {
      client.start();
      most = Math.max(most, globalThis.left.timers + globalThis.left.channels);
      client.stop();
      // Locks and imports are asked for in later turns.
      if (turn % 100 === 0) await new Promise((done) => globalThis.setTimeout(done));
    }
    await navigator.locks.request('session-wasm done', () => {});
    return most;
  }, times);

async function measure(cdp, page) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const named = (name) => metrics.find((metric) => metric.name === name).value;
  const left = await page.evaluate(() => ({ ...globalThis.left }));
  return { left, listeners: named('JSEventListeners'), heap: named('JSHeapUsedSize') };
}

function countTimersAndChannels() {
  const left = { timers: 0, channels: 0 };
  const [set, clear] = [setTimeout, clearTimeout];
  const open = new Set();
  const count = () => {
    left.timers = open.size;
  };
  globalThis.setTimeout = (act, span) => {
    const timer = set(() => {
      open.delete(timer);
      count();
      act();
    }, span);
    open.add(timer);
    count();
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    open.delete(timer);
    count();
    clear(timer);
  };
  const { close } = BroadcastChannel.prototype;
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    constructor(name) {
      super(name);
      left.channels += 1;
    }
  };
  globalThis.BroadcastChannel.prototype.close = function closeCounted() {
    left.channels -= 1;
    return close.call(this);
  };
  globalThis.left = left;
}
