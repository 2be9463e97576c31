import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { launch, session, signIn, startRedis, startServer, visit } from './stage.js';

const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Through the debugger, which the page's Content Security Policy does not bind. */
async function assertAccessible(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations);
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`),
    [],
  );
}

test('signing in by keyboard shows the session, counting down, with a verified statement', async (t) => {
  const server = await startServer(t);
  const { context, page, faults } = await visit(t, browser, server);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await assertAccessible(page);

  await page.getByLabel('Name').focus();
  await page.keyboard.type('demo');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse battery staple');
  await page.keyboard.press('Enter');

  await session(page).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'session-title');
  assert.equal(await page.locator('#subject').textContent(), 'demo');

  const left = page.locator('#idle-left');
  const first = await left.textContent();
  assert.match(first, /^(30:00|29:5\d)$/);
  await page.waitForFunction((shown) => document.querySelector('#idle-left').textContent !== shown, first);
  assert.match(await page.locator('#absolute-left').textContent(), /^(12:00:00|11:59:5\d)$/);

  await page.getByText('Verified in this browser').waitFor();
  assert.match(await page.locator('#key-id').textContent(), /^[\w-]{1,32}$/);
  assert.equal(await page.locator('#issuer').textContent(), server.origin);
  await assertAccessible(page);

  const cookie = (await context.cookies()).find(({ name }) => name === '__Host-session');
  assert.ok(cookie, 'the browser keeps a __Host- cookie of a loopback address');
  assert.deepEqual(
    { httpOnly: cookie.httpOnly, secure: cookie.secure, sameSite: cookie.sameSite, path: cookie.path },
    { httpOnly: true, secure: true, sameSite: 'Lax', path: '/' },
  );

  await page.reload();
  await session(page).waitFor();
  assert.deepEqual(faults, []);
});

test('a session ended on another device is told within seconds', async (t) => {
  const server = await startServer(t);
  const first = await visit(t, browser, server);
  await signIn(first.page);
  await session(first.page).waitFor();
  const second = await visit(t, browser, server, {
    userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/153.0',
  });
  await signIn(second.page);
  await session(second.page).waitFor();

  await first.page.reload();
  await first.page.getByText('this device').waitFor();
  await first.page.getByRole('button', { name: 'Sign out Firefox on Windows' }).click();
  await first.page.getByText('Firefox on Windows is signed out.').waitFor();
  assert.equal(await first.page.locator('#device-list li').count(), 1);
  await assertAccessible(first.page);

  await second.page.getByText('Your session was ended, here or on another device.').waitFor();
  await assertAccessible(second.page);
  await session(first.page).waitFor();
  assert.deepEqual([...first.faults, ...second.faults], []);
});

test('all other devices can be signed out at once', async (t) => {
  const server = await startServer(t);
  const [first, second, third] = [
    await visit(t, browser, server),
    await visit(t, browser, server),
    await visit(t, browser, server),
  ];
  for (const { page } of [second, third, first]) {
    await signIn(page);
    await session(page).waitFor();
  }
  await first.page.getByRole('button', { name: 'Sign out all others' }).click();
  await first.page.getByText('All other devices are signed out.').waitFor();
  for (const { page } of [second, third]) await page.getByText('Your session was ended').waitFor();
  await first.page.reload();
  await session(first.page).waitFor();
});

test('renewing changes the session ID and not the final deadline', async (t) => {
  const server = await startServer(t);
  const { page, faults } = await visit(t, browser, server);
  await signIn(page);
  await page.getByText('Verified in this browser').waitFor();
  const view = async () => (await page.request.get(`${server.origin}/session`)).json();
  const before = await view();
  await page.getByRole('button', { name: 'Renew session ID' }).click();
  await page.getByText('The session has a new ID and a new cookie.').waitFor();
  const renewed = await view();
  assert.notEqual(renewed.session_id, before.session_id);
  assert.equal(renewed.absolute_expires_at, before.absolute_expires_at);
  assert.equal(await page.locator('#session-id').textContent(), renewed.session_id);
  await page.getByText('Verified in this browser').waitFor();
  assert.deepEqual(faults, []);
});

test('signing out ends the session on the server', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server);
  await signIn(page);
  await session(page).waitFor();
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  assert.equal((await page.request.get(`${server.origin}/session`)).status(), 401);
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a wrong password is said, and can be typed again at once', async (t) => {
  const server = await startServer(t);
  const { page, faults } = await visit(t, browser, server);
  await signIn(page, 'not the password');
  await page.getByText('The name or the password is wrong.').and(page.getByRole('alert')).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
  await assertAccessible(page);
  await signIn(page);
  await session(page).waitFor();
  assert.deepEqual(faults, []);
});

test('too many attempts are told with the time to wait', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server);
  const limited = page.getByText(/Too many attempts\. You can try again in \d+ (second|minute|hour)s?\./);
  const button = page.locator('#sign-in-button');
  for (let attempt = 0; attempt < 50 && !(await limited.isVisible()); attempt += 1) {
    await signIn(page, `guess ${attempt}`);
    await page.waitForFunction(
      () =>
        document.querySelector('#sign-in-message').textContent &&
        document.activeElement.id !== 'sign-in-button',
    );
  }
  await limited.waitFor();
  assert.match(await button.textContent(), /^Try again in \d+:\d\d/);
  assert.equal(await button.isDisabled(), true);
  await assertAccessible(page);
});

test('without JavaScript the form signs in, out, and says what is wrong', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server, { javaScriptEnabled: false });
  await signIn(page, 'not the password');
  await page.waitForURL('**/#sign-in-refused');
  await page.getByText('The name or the password is wrong.').waitFor();

  await signIn(page);
  await page.getByText('You are signed in.').waitFor();
  const view = await page.request.get(`${server.origin}/session`);
  assert.equal((await view.json()).subject, 'demo');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForLoadState();
  assert.equal((await page.request.get(`${server.origin}/session`)).status(), 401);
});

test('an open tab does not keep the session alive', async (t) => {
  const server = await startServer(t, '--idle-timeout', '7s');
  const { page } = await visit(t, browser, server);
  await signIn(page);
  await page.getByText('You will be signed out within 2 minutes.').waitFor();
  await assertAccessible(page);
  await page.getByText('You were signed out after a time without activity.').waitFor();
});

test('staying signed in is confirmed with the new time', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server);
  await signIn(page);
  await page.getByRole('button', { name: 'Stay signed in' }).click();
  await page.getByText(/You stay signed in until \d\d:\d\d/).waitFor();
});

test('a wrong wall clock changes nothing', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server);
  await page.clock.setFixedTime(new Date('2001-02-03T04:05:06Z'));
  await page.reload();
  await signIn(page);
  await page.getByText('Verified in this browser').waitFor();
  assert.match(await page.locator('#idle-left').textContent(), /^(30:00|29:5\d)$/);
});

test('a store that does not answer signs nobody out, and the page recovers by itself', async (t) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--store', redis.url);
  const { page, faults } = await visit(t, browser, server);
  await signIn(page);
  await session(page).waitFor();

  redis.freeze();
  await page.getByText('You stay signed in; trying again…').waitFor();
  assert.ok(await session(page).isVisible());
  await assertAccessible(page);
  redis.thaw();
  await page.getByText('You stay signed in; trying again…').waitFor({ state: 'hidden' });
  assert.ok(await session(page).isVisible());
  assert.deepEqual(faults, []);
});

test('signing in waits for a store that is away', async (t) => {
  const redis = await startRedis(t);
  const server = await startServer(t, '--store', redis.url);
  const { page } = await visit(t, browser, server);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  redis.freeze();
  await signIn(page);
  await page.getByText('Signing in is not possible at this moment. Trying again…').waitFor();
  redis.thaw();
  await session(page).waitFor();
});

test('a restarted server finds the session where it was', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server);
  await signIn(page);
  await session(page).waitFor();
  await server.stop();
  await page.getByText('You stay signed in; trying again…').waitFor();
  await server.start();
  await page.getByText('You stay signed in; trying again…').waitFor({ state: 'hidden' });
  assert.ok(await session(page).isVisible());
});

test('320 pixels are wide enough', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server, { viewport: { width: 320, height: 640 } });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
  assert.equal(await overflow(), 0);
  await signIn(page);
  await page.getByText('Verified in this browser').waitFor();
  await page.getByText('this device').waitFor();
  assert.equal(await overflow(), 0);
  await assertAccessible(page);
});

test('the dark scheme has as much contrast as the light one', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server, { colorScheme: 'dark', reducedMotion: 'reduce' });
  await signIn(page, 'not the password');
  await page.getByRole('alert').first().waitFor();
  await assertAccessible(page);
  await signIn(page);
  await page.getByText('Verified in this browser').waitFor();
  await assertAccessible(page);
});
