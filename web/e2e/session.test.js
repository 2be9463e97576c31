// How a session goes on and ends, as the page tells it.

import assert from 'node:assert/strict';

import { profile, visit } from './browsers.js';
import { everywhere } from './stories.js';

/** Two tabs of one browser, of which the other learns that somebody signed in in the first. */
async function enterInTwoTabs(t, browser, server) {
  const visitor = await profile(t, browser);
  const [tab, other] = [await visitor.newTab(server), await visitor.newTab(server)];
  await other.goto();
  await tab.goto();
  await tab.enter();
  await other.see('Verified in this browser');
  return [tab, other];
}

everywhere(
  'an open tab keeps no session alive; the page warns, and then says what happened',
  async (t, { browser, serve }) => {
    const server = await serve('--idle-timeout', '7s');
    const tab = await visit(t, browser, server);
    await tab.enter();
    await tab.see(/You will be signed out at \d\d:\d\d unless you stay\./);
    await tab.assertAccessible();
    await tab.see('You were signed out after a time without activity.');
    assert.equal((await tab.ask('/session')).status, 401);
    await tab.assertAccessible();
    assert.deepEqual(await tab.faults(), []);
  },
);

everywhere('“Stay signed in” in the warning pushes the idle deadline', async (t, { browser, serve }) => {
  const server = await serve('--idle-timeout', '14s');
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.see('unless you stay');
  const before = (await tab.ask('/session')).body.idle_expires_at;
  await tab.click('Stay signed in', '#warning');
  await tab.seeNoMore('unless you stay');
  await tab.see(/You stay signed in until \d\d:\d\d/);
  assert.ok((await tab.ask('/session')).body.idle_expires_at > before);
});

everywhere('the final deadline is told, and cannot be moved', async (t, { browser, serve }) => {
  const server = await serve('--idle-timeout', '12s', '--absolute-timeout', '12s');
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.see('Your session reaches its final deadline shortly.');
  await tab.click('Stay signed in', '#session');
  await tab.see('Your session reached its final deadline. Please sign in again.');
  await tab.assertAccessible();
});

everywhere(
  'renewing changes the session ID and not the final deadline, in every tab',
  async (t, { browser, serve }) => {
    const server = await serve();
    const [tab, other] = await enterInTwoTabs(t, browser, server);
    const before = (await tab.ask('/session')).body;
    await tab.click('Renew session ID');
    await tab.see('The session has a new ID and a new cookie.');
    const renewed = (await tab.ask('/session')).body;
    assert.notEqual(renewed.session_id, before.session_id);
    assert.equal(renewed.absolute_expires_at, before.absolute_expires_at);
    for (const each of [tab, other]) {
      await each.until((id) => document.querySelector('#session-id').textContent === id, renewed.session_id);
      await each.see('Verified in this browser');
    }
  },
);

everywhere('signing out in one tab is told in the other', async (t, { browser, serve }) => {
  const server = await serve();
  const [tab, other] = await enterInTwoTabs(t, browser, server);
  await tab.click('Sign out', 'header');
  for (const each of [tab, other]) await each.see('You are signed out.');
});

everywhere('a wrong wall clock changes nothing', async (t, { browser, serve }) => {
  const server = await serve();
  const tab = await visit(t, browser, server, { wallClock: Date.parse('2001-02-03T04:05:06Z') });
  assert.equal(await tab.evaluate(() => new Date().getFullYear()), 2001);
  await tab.enter();
  await tab.see('Verified in this browser, and current');
  assert.match(await tab.text('idle-left'), /^(30:00|29:[45]\d)$/);
  const places = await tab.evaluate(() => document.querySelector('#time-line').ariaLabel);
  assert.match(places, /signed in at \d\d:\d\d, now \d\d:\d\d, ends without activity/);
});

everywhere(
  'the open view of the data, which looks for changes every few seconds, keeps no session alive',
  async (t, { browser, serve }) => {
    const server = await serve('--idle-timeout', '8s');
    const tab = await visit(t, browser, server, { path: '/#data' });
    await tab.signIn();
    await tab.see('Revision 0');
    await tab.see('You were signed out after a time without activity.');
  },
);
