// What is away comes back, and nobody is signed out by it.

import assert from 'node:assert/strict';
import { startRedis } from '../../testing/redis.js';
import { startServer } from '../../testing/server.js';
import { visit } from './browsers.js';
import { everywhere, inEveryBrowser } from './stories.js';

const AWAY = 'You’re still signed in. Trying again…';

// F1, R51: nobody who looks is signed out.
inEveryBrowser('Redis is killed and back while the page is open', async (t, browser) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--page-developer', '--store', redis.url);
  const tab = await visit(t, browser, server);
  await tab.enter();
  await redis.kill();
  await tab.see(AWAY);
  await tab.see('Signed in until');
  await tab.assertAccessible();
  await redis.start();
  await tab.seeNoMore(AWAY);
  await tab.click('Developer');
  await tab.see('Verified in this browser, and current');
  assert.equal((await tab.ask('/session')).status, 200);
  assert.deepEqual(await tab.faults(), []);
});

// F3, R51: likewise.
inEveryBrowser('a Redis that hangs signs nobody out', async (t, browser) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--store', redis.url);
  const tab = await visit(t, browser, server);
  await tab.enter();
  redis.freeze();
  await tab.see(AWAY);
  redis.thaw();
  await tab.seeNoMore(AWAY);
  await tab.see('Verified in this browser');
  assert.equal((await tab.ask('/session')).status, 200);
});

everywhere(
  'a server that was killed and started again finds the session where it was',
  async (t, { browser, serve }) => {
    const server = await serve();
    const tab = await visit(t, browser, server);
    await tab.enter();
    await server.stop();
    await tab.see(AWAY);
    await server.start();
    await tab.seeNoMore(AWAY);
    await tab.see('Signed in until');
    assert.equal((await tab.ask('/session')).status, 200);
  },
);

// R22: until it is.
inEveryBrowser('a sign-out that the store did not confirm is not told as one', async (t, browser) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--store', redis.url);
  const tab = await visit(t, browser, server);
  await tab.enter();
  redis.freeze();
  await tab.click('Sign out', 'header');
  await tab.see('You’re not signed out yet because the server isn’t responding. Trying again…');
  redis.thaw();
  await tab.see('You’re signed out.');
  assert.equal((await tab.ask('/session')).status, 401);
});

everywhere('during an outage nothing is said to have just been confirmed', async (t, { browser, serve }) => {
  const server = await serve('--page-developer');
  const tab = await visit(t, browser, server, { path: '/#statement' });
  await tab.signIn();
  await tab.see('the server has just confirmed the session');
  server.freeze();
  await tab.see(AWAY);
  await tab.see('the list hasn’t been seen yet');
  await tab.seeNoMore('just confirmed');
  assert.deepEqual(
    await tab.evaluate(() => ['stay', 'stay-now'].map((id) => document.getElementById(id).disabled)),
    [true, true],
    'nothing can be pressed that does nothing',
  );
  await tab.assertAccessible();
  server.thaw();
  await tab.seeNoMore(AWAY);
});
