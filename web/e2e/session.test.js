// How a session goes on and ends, as the page tells it.

import assert from 'node:assert/strict';
import { startServer } from '../../testing/server.js';
import { profile, visit } from './browsers.js';
import { everywhere, inEveryBrowser } from './stories.js';

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

/** As the clock of the page's visitor shows a time of the server. */
const onTheClock = (tab, seconds) =>
  tab.evaluate((at) => new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }).format(at * 1000), seconds);

everywhere(
  'who is here, where and until when is said in words, with the zone of every time',
  async (t, { browser, serve }) => {
    const server = await serve();
    const tab = await visit(t, browser, server, { zone: 'Europe/Berlin' });
    await tab.enter();
    const { body } = await tab.ask('/session');
    const [since, until] = [body.created_at, body.idle_expires_at];
    assert.equal(await tab.text('subject'), 'demo');
    assert.match(await tab.text('where'), /^Signed in on (Chromium|Firefox) on Linux since /);
    await tab.until(
      (end) => document.querySelector('#where').textContent.endsWith(end),
      `${await onTheClock(tab, since)} · 127.0.0.1`,
    );
    await tab.see('if you leave');
    assert.ok((await tab.text('until')).includes(await onTheClock(tab, until)));
    assert.doesNotMatch(await tab.text('until'), /:\d\d:/, 'no second is counted while there is time');
    await tab.see(/All times are in Central European (Summer|Standard) Time\./);
    await tab.see('You’re signed in on 1 device.');
    await tab.see('Password last entered: just now');
    await tab.assertAccessible();
    assert.deepEqual(await tab.faults(), []);
  },
);

inEveryBrowser('the time line is of the idle period, with hours that can be read', async (t, browser) => {
  const server = await startServer(t);
  const tab = await visit(t, browser, server);
  await tab.enter();
  const { body } = await tab.ask('/session');
  const { marks, end, now } = await tab.evaluate(() => ({
    marks: [...document.querySelectorAll('#time-scale > span')].map((mark) => [
      mark.textContent,
      Number.parseFloat(mark.style.getPropertyValue('--at')),
    ]),
    end: document.querySelector('#time-line-end').textContent,
    now: Number.parseFloat(document.querySelector('#time-line').style.getPropertyValue('--now')),
  }));
  assert.equal(end, await onTheClock(tab, body.idle_expires_at));
  assert.ok(now < 5, 'it has just begun');
  assert.ok(marks.length >= 2 && marks.length <= 4, JSON.stringify(marks));
  // Round times of half an hour, where they are due: ten minutes are a third of the line.
  for (const [text] of marks) assert.match(text, /^\d\d:[0-5]0$/);
  const shares = marks.map(([, share]) => share);
  for (const [place, share] of shares.slice(1).entries())
    assert.ok(Math.abs(share - shares[place] - 100 / 3) < 1, JSON.stringify(marks));
});

everywhere(
  'an open tab keeps no session alive; the page warns, and then says what happened',
  async (t, { browser, serve }) => {
    const server = await serve('--idle-timeout', '14s');
    const tab = await visit(t, browser, server);
    await tab.enter();
    await tab.see(/Signed out in 0:0\d if you leave/);
    await tab.see(/You’ll be signed out at \d\d:\d\d unless you stay signed in\./);
    await tab.assertAccessible();
    await tab.see('You were signed out because you weren’t active for a while.');
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
  await tab.see(/You’re signed in until .*\d\d:\d\d if you leave now\./);
  assert.ok((await tab.ask('/session')).body.idle_expires_at > before);
});

everywhere('the final deadline is told, and cannot be moved', async (t, { browser, serve }) => {
  const server = await serve('--idle-timeout', '12s', '--absolute-timeout', '12s');
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.see('After that, you’ll need to sign in again.');
  await tab.see('Save your work now.');
  assert.equal(await tab.evaluate(() => document.querySelector('#stay').disabled), true);
  await tab.assertAccessible();
  await tab.see('You were signed out because your session reached its time limit. Please sign in again.');
  await tab.assertAccessible();
});

everywhere(
  'renewing changes the session ID and not the final deadline, in every tab',
  async (t, { browser, serve }) => {
    const server = await serve('--page-developer');
    const [tab, other] = await enterInTwoTabs(t, browser, server);
    const before = (await tab.ask('/session')).body;
    await tab.click('Security');
    await tab.click('Renew session ID');
    await tab.see('Your session has a new ID.');
    const renewed = (await tab.ask('/session')).body;
    assert.notEqual(renewed.session_id, before.session_id);
    assert.equal(renewed.absolute_expires_at, before.absolute_expires_at);
    for (const each of [tab, other]) {
      await each.front();
      await each.click('Developer');
      await each.until((id) => document.querySelector('#session-id').textContent === id, renewed.session_id);
      await each.see('Verified in this browser');
    }
  },
);

everywhere(
  'the password can be entered anew, and the page says when it was',
  async (t, { browser, serve }) => {
    const server = await serve();
    const tab = await visit(t, browser, server);
    await tab.enter();
    const before = (await tab.ask('/session')).body.authenticated_at;
    await tab.click('Security');
    await tab.see('Password last entered: just now');
    // The server counts whole seconds.
    await tab.until(
      async (at) => Date.parse((await fetch('/livez')).headers.get('Date')) / 1000 > at + 1,
      before,
    );
    await tab.click('Enter password');
    await tab.see('Confirm it’s you');
    await tab.fill('Password', 'not the password');
    await tab.press('Enter');
    await tab.see('Wrong password.');
    await tab.fill('Password', 'correct horse battery staple');
    await tab.press('Enter');
    await tab.see('Your password is confirmed.');
    assert.ok((await tab.ask('/session')).body.authenticated_at > before);
  },
);

everywhere('signing out in one tab is told in the other', async (t, { browser, serve }) => {
  const server = await serve();
  const [tab, other] = await enterInTwoTabs(t, browser, server);
  await tab.click('Sign out', 'header');
  for (const each of [tab, other]) await each.see('You’re signed out.');
});

everywhere('a wrong wall clock changes nothing', async (t, { browser, serve }) => {
  const server = await serve('--page-developer');
  const tab = await visit(t, browser, server, { wallClock: Date.parse('2001-02-03T04:05:06Z') });
  assert.equal(await tab.evaluate(() => new Date().getFullYear()), 2001);
  await tab.enter();
  const { body } = await tab.ask('/session');
  const end = await onTheClock(tab, body.idle_expires_at);
  await tab.until((time) => document.querySelector('#until').textContent.includes(time), end);
  const places = await tab.evaluate(() => document.querySelector('#time-line').ariaLabel);
  assert.match(places, /^It’s \d\d:\d\d now\. You’re signed in until .*\d\d:\d\d if you leave\.$/);
  await tab.see('Password last entered: just now');
  await tab.click('Developer');
  await tab.see('Verified in this browser, and current');
});

everywhere(
  'the open view of the data, which looks for changes every few seconds, keeps no session alive',
  async (t, { browser, serve }) => {
    const server = await serve('--page-developer', '--idle-timeout', '14s');
    const tab = await visit(t, browser, server, { path: '/#data' });
    await tab.signIn();
    await tab.see('Revision 0');
    await tab.see('You were signed out because you weren’t active for a while.');
  },
);
