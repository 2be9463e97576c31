// The operations view: what one server counts, and the sessions of a subject.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after } from '../../testing/after.js';
import { startRedis } from '../../testing/redis.js';
import { logIn, USER } from '../../testing/server.js';
import { visit } from './browsers.js';
import { enter, openView, startManaged, TOKEN } from './managed.js';
import { everywhere, inEveryBrowser } from './stories.js';

const OTHER = 'another-token-of-the-office-9876543210';
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1';
const status = async (device) => (await device.ask('/session')).status;
const rows = () => document.querySelectorAll('#session-list li').length;
const says = (id, text) => [
  (name, part) => document.getElementById(`${name}-summary`)?.textContent.includes(part),
  id,
  text,
];

/** The same management, without some of its metrics, as if it had another address. */
async function without(t, management, ...metrics) {
  const between = createServer(async ({ url, headers }, answer) => {
    const { authorization = '' } = headers;
    const asked = await fetch(management.origin + url, { headers: { authorization } }).catch(() => {});
    // The server has gone first, at the end.
    if (!asked) return answer.destroy();
    const lines = (await asked.text()).split('\n');
    const kept = lines.filter((line) => !metrics.some((name) => line.startsWith(name)));
    for (const name of ['content-type', 'content-security-policy'])
      answer.setHeader(name, asked.headers.get(name) ?? '');
    answer.writeHead(asked.status).end(kept.join('\n'));
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  after(t, () => {
    between.closeAllConnections();
    between.close();
  });
  return { origin: `http://127.0.0.1:${between.address().port}` };
}

inEveryBrowser('only a token opens it, and it is kept by the tab alone', async (t, browser) => {
  const { management } = await startManaged(t);
  const tab = await visit(t, browser, management);
  await tab.see('Management token');
  assert.equal(await tab.focused(), 'token');
  await tab.assertAccessible();
  for (const wrong of [OTHER, 'wörtlich']) {
    await tab.fill('Token', wrong);
    await tab.press('Enter');
    await tab.see('The server does not take this token.');
    assert.equal(await tab.evaluate(() => document.querySelector('#token').value), '');
  }
  await tab.assertAccessible();
  await tab.fill('Token', TOKEN);
  await tab.click('Show token', '#door-form');
  await tab.click('Open', 'form');
  await tab.see('Looked at');
  await tab.see('Checks by outcome');
  assert.equal(await tab.focused(), 'charts-title');
  const kept = await tab.evaluate(() => [
    location.href,
    document.cookie,
    localStorage.length + sessionStorage.length,
    document.documentElement.outerHTML,
    [...document.querySelectorAll('input')].map(({ value }) => value).join(),
  ]);
  assert.equal(kept[0], `${management.origin}/`);
  assert.deepEqual([kept[1], kept[2], kept[4]], ['', 0, ',,']);
  assert.ok(!kept[3].includes(TOKEN));
  const asked = await tab.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  assert.ok(asked.every((url) => !url.includes(TOKEN)));
  await tab.reload();
  await tab.see('Management token');
  await enter(tab);
  await tab.click('Forget token');
  await tab.see('Management token');
  assert.deepEqual(await tab.evaluate(() => document.querySelector('#facts').textContent), '');
  assert.deepEqual(await tab.faults(), []);
});

everywhere('the charts tell what was done', async (t, { browser, flags }) => {
  const { server, management } = await startManaged(t, ...(await flags()));
  const before = await logIn(server);
  const tab = await openView(t, browser, management);
  await tab.until(...says('checks', 'None in the last'));
  assert.match(await tab.text('facts'), /Storeanswers.*Version\d+\.\d+\.\d+/);

  const devices = [await logIn(server), await logIn(server, PHONE)];
  for (let count = 0; count < 20; count += 1) assert.equal(await status(devices[count % 2]), 200);
  const wrong = JSON.stringify({ ...USER, password: 'not the password' });
  const headers = { 'Content-Type': 'application/json' };
  await fetch(`${server.origin}/login`, { method: 'POST', headers, body: wrong });
  await before.ask('/logout', { method: 'POST' });
  assert.equal(await status(before), 401);

  await tab.until(...says('starts', '2 of subjects in the last'));
  await tab.until(...says('sign-ins', '2 accepted, 1 refused in the last'));
  await tab.until(...says('checks', '1 ended'));
  const checks = Number(/(\d+) live/.exec(await tab.text('checks-summary'))[1]);
  // A log-out looks at the session as well.
  assert.ok(checks === 20 || checks === 21, await tab.text('checks-summary'));
  await tab.until(...says('keys', ' of c1 in the last'));
  assert.match(await tab.text('store-summary'), /^\d+ answers in the last .*: half within .*m?s, 99 of 100/);
  assert.match(await tab.text('cache-summary'), /^20 hits, 1 misses in the last .* 95 % were hits\.$/);
  const drawn = (id) => document.querySelectorAll(`#${id} .plot .line`).length;
  assert.deepEqual([await tab.evaluate(drawn, 'checks'), await tab.evaluate(drawn, 'store')], [2, 2]);
  // The last numbers are those of the server.
  const text = await (await management.ask('/metrics')).text();
  const live = Number(/session_checks_total\{outcome="live"\} (\d+)/.exec(text)[1]);
  assert.equal(live, checks);
  await tab.assertAccessible();
  assert.deepEqual(await tab.faults(), []);
});

inEveryBrowser('what a server does not tell is not shown as 0', async (t, browser) => {
  const { management } = await startManaged(t);
  // As an older server, or one that counts for itself.
  const lesser = await without(t, management, 'session_deadline_cache_total', 'session_store_up');
  const tab = await openView(t, browser, lesser);
  const cache = 'Not there: this server does not tell session_deadline_cache_total.';
  await tab.until(...says('cache', cache));
  assert.equal(
    await tab.evaluate(() => document.querySelectorAll('#cache .line, #cache .legend li').length),
    0,
  );
  assert.match(await tab.text('facts'), /^Storenot there/);
  await tab.until(...says('checks', 'None in the last'));
  await tab.assertAccessible();
  assert.deepEqual(await tab.faults(), []);
});

inEveryBrowser('charts can be made to stand still', async (t, browser) => {
  const { server, management } = await startManaged(t);
  const device = await logIn(server);
  const tab = await openView(t, browser, management);
  await tab.click('Pause charts');
  await tab.see('Paused at');
  const shown = await tab.text('checks-summary');
  await status(device);
  // Two looks later.
  const looks = () =>
    performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/metrics'));
  const seen = (await tab.evaluate(looks)).length;
  await tab.until((so) => performance.getEntriesByName(`${location.origin}/metrics`).length > so + 1, seen);
  assert.equal(await tab.text('checks-summary'), shown);
  await tab.assertAccessible();
  await tab.click('Pause charts');
  await tab.until(...says('checks', '1 live'));
});

everywhere('sessions of a subject are found and ended', async (t, { browser, flags }) => {
  const { server, management } = await startManaged(t, ...(await flags()));
  const [phone, laptop, other] = [await logIn(server, PHONE), await logIn(server), await logIn(server)];
  const tab = await openView(t, browser, management);
  await tab.fill('Subject', 'nobody');
  await tab.press('Enter');
  await tab.see('nobody has no sessions, or nobody has this name.');
  await tab.assertAccessible();
  await tab.fill('Subject', USER.username);
  await tab.press('Enter');
  await tab.see('3 sessions of demo');
  assert.equal(await tab.focused(), 'found-title');
  await tab.see('Safari on iPhone');
  await tab.see(/127\.0\.0\.1 · started \d\d:\d\d · last seen just now/);
  await tab.see(/ends .*\d\d:\d\d if it is not used, .*\d\d:\d\d in any case/);
  await tab.assertAccessible();

  const name = `End the session of Safari on iPhone, ${phone.view.session_id}`;
  await tab.click(name);
  await tab.see('End this session of demo?');
  await tab.assertAccessible();
  await tab.press('Escape');
  await tab.see('Nothing was changed.');
  assert.equal(await status(phone), 200);
  await tab.click(name);
  await tab.click('End this session', 'dialog[open]');
  await tab.see('The session of demo has ended: Safari on iPhone.');
  assert.deepEqual([await status(phone), await status(laptop)], [401, 200]);
  assert.equal(await tab.evaluate(rows), 2);

  await tab.click('End all');
  await tab.see('End all 2 sessions of demo?');
  await tab.assertAccessible();
  await tab.click('End 2 sessions', 'dialog[open]');
  await tab.see('2 sessions of demo have ended.');
  assert.deepEqual([await status(laptop), await status(other)], [401, 401]);
  await tab.see('no sessions of demo');
  await tab.assertAccessible();
  assert.deepEqual(await tab.faults(), []);
});

everywhere(
  'a session is shown by its ID, with its data only when that is asked for',
  async (t, { browser, flags }) => {
    const { server, management } = await startManaged(t, ...(await flags()));
    const device = await logIn(server, PHONE);
    const body = JSON.stringify({ cart: ['an unusual book'] });
    const headers = { 'Content-Type': 'application/json' };
    assert.equal((await device.ask('/session/data', { method: 'PUT', headers, body })).status, 200);
    const tab = await openView(t, browser, management);
    await tab.fill('Session ID', 'AAAAAAAAAAAAAAAAAAAAAA');
    await tab.press('Enter');
    await tab.see('There is no session of this ID, or no longer.');
    await tab.fill('Session ID', device.view.session_id);
    await tab.press('Enter');
    await tab.see('One session');
    await tab.see('Safari on iPhone');
    const data = () => document.querySelector('#shown-data').value;
    assert.equal(await tab.evaluate(data), '');
    await tab.assertAccessible();
    await tab.click('Show the application’s data');
    await tab.until(() => document.querySelector('#shown-data').value.includes('an unusual book'));
    await tab.assertAccessible();
    await tab.click('All sessions of this subject');
    await tab.see('1 session of demo');
    assert.equal(await tab.evaluate(data), '');
    await tab.fill('Session ID', device.view.session_id);
    await tab.press('Enter');
    await tab.see('One session');
    await tab.click('End', '#shown');
    await tab.click('End this session', 'dialog[open]');
    await tab.see('The session of demo has ended: Safari on iPhone.');
    assert.equal(await status(device), 401);
    assert.deepEqual(await tab.faults(), []);
  },
);

inEveryBrowser('a list of many pages is read on, and all of it is counted and ended', async (t, browser) => {
  const { server, management } = await startManaged(t, '--sessions-per-user', '250');
  const path = `/subjects/${encodeURIComponent('Zoë/of the office')}/sessions`;
  const start = () => management.ask(path, { method: 'POST' });
  const init = {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
  };
  assert.equal((await start()).status, 415);
  for (let count = 0; count < 105; count += 1) {
    const started = await fetch(management.origin + path, { ...init, body: '{}' });
    assert.equal(started.status, 201);
  }
  const another = await logIn(server);
  const tab = await openView(t, browser, management);
  await tab.fill('Subject', 'Zoë/of the office');
  await tab.press('Enter');
  await tab.see('100 sessions of Zoë/of the office, and more');
  await tab.click('Show more');
  await tab.see('105 sessions of Zoë/of the office');
  assert.equal(await tab.evaluate(rows), 105);
  await tab.fill('Subject', 'Zoë/of the office');
  await tab.press('Enter');
  await tab.see('100 sessions of Zoë/of the office, and more');
  await tab.click('End all');
  await tab.see('End all 105 sessions of Zoë/of the office?');
  await tab.click('End 105 sessions', 'dialog[open]');
  await tab.see('105 sessions of Zoë/of the office have ended.');
  assert.equal(await status(another), 200);
  assert.deepEqual(await tab.faults(), []);
});

inEveryBrowser('a token that is retired while the view is open is asked for again', async (t, browser) => {
  const { server, management, changeToken } = await startManaged(t);
  await logIn(server, PHONE);
  const tab = await openView(t, browser, management);
  await tab.fill('Subject', USER.username);
  await tab.press('Enter');
  await tab.see('1 session of demo');
  await tab.click('End all');
  await tab.see('End the one session of demo?');
  changeToken(OTHER);
  await tab.see('The server no longer takes the token');
  assert.equal(await tab.focused(), 'token');
  const left = await tab.evaluate(() => document.body.textContent);
  assert.ok(!left.includes('demo') && !left.includes('iPhone'), left);
  await tab.assertAccessible();
  await enter(tab, OTHER);
  await tab.fill('Subject', USER.username);
  await tab.press('Enter');
  await tab.see('1 session of demo');
  assert.deepEqual(await tab.faults(), []);
});

inEveryBrowser(
  'a server that is killed and back is told as that, and rates never fall below 0',
  async (t, browser) => {
    const { server, management } = await startManaged(t);
    const device = await logIn(server);
    for (let count = 0; count < 5; count += 1) await status(device);
    const tab = await openView(t, browser, management);
    await status(device);
    await tab.until(...says('checks', '1 live'));
    await server.stop();
    await tab.see('The server does not answer. Trying again…');
    await tab.assertAccessible();
    await tab.fill('Subject', USER.username);
    await tab.press('Enter');
    await tab.until(() =>
      document.querySelector('#sessions-message').textContent.includes('does not answer'),
    );
    await server.start();
    await tab.seeNoMore('The server does not answer. Trying again…');
    await tab.see('1 session of demo');
    for (let count = 0; count < 3; count += 1) assert.equal(await status(device), 200);
    await tab.until(...says('checks', '4 live'));
    const paths = await tab.evaluate(() =>
      [...document.querySelectorAll('.plot .line')].map((line) => line.getAttribute('d')).join(' '),
    );
    // Below the axis would be beyond 100.
    const heights = [...paths.matchAll(/[ML][\d.]+ ([\d.-]+)/g)].map(([, y]) => Number(y));
    assert.ok(heights.length > 0 && heights.every((y) => y >= 0 && y <= 100), paths);
    assert.deepEqual(await tab.faults(), []);
  },
);

inEveryBrowser(
  'a store that is away is told, and what it could not confirm is tried again',
  async (t, browser) => {
    const redis = await startRedis(t);
    const { server, management } = await startManaged(t, '--store', redis.url);
    const device = await logIn(server, PHONE);
    const tab = await openView(t, browser, management);
    await tab.fill('Subject', USER.username);
    await tab.press('Enter');
    await tab.see('1 session of demo');
    await tab.click(`End the session of Safari on iPhone, ${device.view.session_id}`);
    await redis.kill();
    await tab.click('End this session', 'dialog[open]');
    await tab.see('What was asked for is not confirmed yet.');
    await tab.see('is away');
    await tab.assertAccessible();
    await redis.start();
    await tab.see('The session of demo has ended: Safari on iPhone.');
    await tab.until(() => document.querySelector('#facts').textContent.startsWith('Storeanswers'));
    assert.equal(await status(device), 401);
  },
);
