// Signing in, and everything that can be in its way.

import assert from 'node:assert/strict';
import { startRedis } from '../../testing/redis.js';
import { startServer, USER } from '../../testing/server.js';
import { profile, visit } from './browsers.js';
import { everywhere, inEveryBrowser } from './stories.js';

inEveryBrowser('one can type one’s name at once', async (t, browser) => {
  const server = await startServer(t);
  const tab = await visit(t, browser, server);
  await tab.seeSignIn();
  await tab.until(() => document.activeElement.id === 'username');
});

inEveryBrowser(
  'what is typed before the scripts have come stays, and so does the focus',
  async (t, browser) => {
    const server = await startServer(t, '--page-developer');
    const tab = await (await profile(t, browser)).newTab(server);
    const release = await tab.holdScripts();
    const arrived = tab.goto();
    await tab.fill('Username', USER.username);
    await tab.fill('Password', 'correct');
    release();
    await arrived;
    await tab.until(() => document.documentElement.dataset.state === 'signed-out');
    assert.equal(await tab.focused(), 'password');
    await tab.type(USER.password.slice('correct'.length));
    await tab.press('Enter');
    await tab.see('Signed in until');
    assert.deepEqual(await tab.faults(), []);
  },
);

everywhere('a wrong password is said, and can be typed again at once', async (t, { browser, serve }) => {
  const server = await serve();
  const tab = await visit(t, browser, server);
  await tab.signIn('not the password');
  await tab.see('Wrong username or password.');
  assert.equal(await tab.focused(), 'password');
  assert.equal(await tab.evaluate(() => document.querySelector('#sign-in-message').role), 'alert');
  await tab.assertAccessible();
  await tab.type(USER.password);
  await tab.press('Enter');
  await tab.see('Signed in until');
  assert.deepEqual(await tab.faults(), []);
});

everywhere('a password can be shown, and is hidden again when it is sent', async (t, { browser, serve }) => {
  const server = await serve();
  const tab = await visit(t, browser, server);
  await tab.fill('Password', 'not the password');
  const kind = () => tab.evaluate(() => document.querySelector('#password').type);
  assert.equal(await kind(), 'password');
  await tab.click('Show password', 'form');
  assert.equal(await kind(), 'text');
  await tab.assertAccessible();
  await tab.fill('Username', USER.username);
  await tab.click('Sign in', 'form');
  await tab.see('Wrong username or password.');
  assert.equal(await kind(), 'password');
});

everywhere(
  'too many attempts are told with the time to wait, which counts down',
  async (t, { browser, serve }) => {
    const server = await serve('--login-attempts-per-account', '2');
    const tab = await visit(t, browser, server);
    const isTold = () => Boolean(document.querySelector('#sign-in-message').textContent);
    const label = () => tab.evaluate(() => document.querySelector('#sign-in-button').textContent);
    for (let attempt = 0; !(await label()).startsWith('Try again in'); attempt += 1) {
      assert.ok(attempt < 20, 'attempts are limited');
      await tab.signIn(`guess ${attempt}`);
      await tab.until(isTold);
    }
    await tab.see(/Too many attempts\. You can try again in \d+ (second|minute|hour)s?\./);
    const first = await label();
    assert.match(first, /^Try again in \d+:\d\d/);
    await tab.until((before) => document.querySelector('#sign-in-button').textContent !== before, first);
    assert.equal(await tab.evaluate(() => document.querySelector('#sign-in-button').disabled), true);
    await tab.assertAccessible();
  },
);

inEveryBrowser('signing in waits for a store that is away, and says so', async (t, browser) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--store', redis.url);
  const tab = await visit(t, browser, server);
  await tab.seeSignIn();
  redis.freeze();
  await tab.signIn();
  await tab.see('You can’t sign in right now. Trying again…');
  assert.deepEqual(
    await tab.evaluate(() =>
      ['sign-in-form', 'sign-in-button'].map((id) => document.getElementById(id).ariaBusy),
    ),
    ['true', 'true'],
  );
  const spins = () => getComputedStyle(document.querySelector('#sign-in-button'), '::before').animationName;
  assert.equal(await tab.evaluate(spins), 'turn');
  await tab.assertAccessible();
  redis.thaw();
  await tab.see('Signed in until');
  assert.deepEqual(await tab.faults(), []);
});

everywhere('signing in leads to where the visitor wanted to go', async (t, { browser, serve }) => {
  const server = await serve();
  const tab = await visit(t, browser, server, { path: '/login?next=/openapi.json' });
  await tab.signIn('not the password');
  await tab.see('Wrong username or password.');
  await tab.signIn();
  await tab.until(() => location.pathname === '/openapi.json');
});

everywhere(
  'without JavaScript the form signs in, out, and says what is wrong',
  async (t, { browser, serve }) => {
    const server = await serve();
    const visitor = await profile(t, browser, { javaScript: false });
    const tab = await visitor.newTab(server);
    // Nothing of a page without JavaScript can ask, so this does, with what the browser holds.
    const ask = async () => {
      const cookies = (await visitor.cookies(server.origin)).map(({ name, value }) => `${name}=${value}`);
      return fetch(`${server.origin}/session`, { headers: { Cookie: cookies.join('; ') } });
    };
    await tab.goto();
    await tab.signIn('not the password');
    await tab.see('Wrong username or password.');
    await tab.signIn();
    await tab.see('Signed in as demo');
    assert.equal(await tab.evaluate(() => document.querySelector('#sign-in-form').checkVisibility()), false);
    assert.equal((await (await ask()).json()).subject, USER.username);
    await tab.click('Sign out', 'noscript form');
    await tab.see('You’re signed out.');
    assert.equal((await ask()).status, 401);
  },
);

everywhere('who is signed in already is passed on, and once', async (t, { browser, serve }) => {
  const server = await serve();
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.goto('/login?next=/openapi.json');
  await tab.until(() => location.pathname === '/openapi.json');
  // As from a proxy that does not believe it.
  await tab.goto('/login?next=/openapi.json');
  await tab.see('Signed in until');
});

everywhere('who has to enter the password again is passed on then', async (t, { browser, serve }) => {
  const server = await serve();
  const tab = await visit(t, browser, server);
  await tab.enter();
  await tab.goto('/login?next=/openapi.json#reauthenticate');
  await tab.see('Confirm it’s you');
  await tab.assertAccessible();
  await tab.fill('Password', USER.password);
  await tab.click('Confirm', 'dialog[open]');
  await tab.until(() => location.pathname === '/openapi.json');
});

everywhere('beneath a prefix the page is whole', async (t, { browser, serve }) => {
  const server = await serve('--path-prefix', '/_session');
  const tab = await visit(t, browser, server, { path: '/_session' });
  await tab.signIn('not the password');
  await tab.see('Wrong username or password.');
  await tab.enter();
  assert.equal(await tab.evaluate(() => location.pathname), '/_session/');
  await tab.click('Devices', 'nav');
  await tab.see('Active now');
  await tab.click('Security', 'nav');
  await tab.click('Sign out', 'header');
  await tab.see('You’re signed out.');
  assert.deepEqual(await tab.faults(), []);
});

/** What the page asked of the server about the session. */
const questions = (tab) =>
  tab.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path === '/session'),
  );

everywhere(
  'a visit of who is not signed in leaves nothing red in the console',
  async (t, { browser, serve }) => {
    const server = await serve();
    const visitor = await profile(t, browser);
    const tab = await visitor.newTab(server);
    await tab.goto();
    await tab.seeSignIn();
    const other = await visitor.newTab(server);
    await other.goto();
    await other.seeSignIn();
    await tab.front();
    await tab.until(() => document.visibilityState === 'visible');
    await tab.fill('Username', USER.username);
    assert.deepEqual([await questions(tab), await questions(other)], [[], []]);
    // Nor after a visit that is over.
    await tab.enter();
    await tab.click('Sign out', 'header');
    await tab.see('You’re signed out.');
    await tab.reload();
    await tab.seeSignIn();
    assert.deepEqual([tab.errors(), other.errors()], [[], []]);
  },
);

everywhere(
  'who has signed in by another way is noticed when the page is looked at again',
  async (t, { browser, serve }) => {
    const server = await serve();
    const visitor = await profile(t, browser);
    const tab = await visitor.newTab(server);
    await tab.goto();
    await tab.seeSignIn();
    const application = await visitor.newTab(server);
    await application.goto();
    const status = await application.evaluate(async (user) => {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch('/login', { method: 'POST', headers, body: JSON.stringify(user) });
      return answer.status;
    }, USER);
    assert.equal(status, 200);
    await tab.front();
    await tab.see('Signed in until');
    assert.deepEqual(tab.errors(), []);
  },
);
