// What a page learns, from whom, and when it says so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { event, launch, newProfile, open, signIn, state, until } from './chromium.js';
import { gate, startServer } from './stage.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const verified = (page) => page.waitForFunction(() => client.state.verdict?.ok && client.state.confirmed);

test('a page learns who is signed in, with a verified statement', async (t) => {
  const server = await startServer(t);
  const page = await open(await newProfile(t, browser, server), server);
  await verified(page);
  const { view, verdict } = await state(page);
  assert.equal(view.subject, 'demo');
  assert.equal(verdict.sessionId, view.session_id);
  assert.deepEqual(
    server.proxy.seen.filter(({ path }) => path === '/session'),
    [{ method: 'GET', path: '/session', passive: true }],
  );
});

test('the statement cookie answers before the server does', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  const answer = gate();
  server.proxy.hold = ({ path }) => path === '/session' && answer.promise;

  const page = await open(context, server);
  await until(page, { status: 'signed_in' });
  const presumed = await state(page);
  assert.equal(presumed.confirmed, false);
  assert.equal(presumed.view.subject, 'demo');
  assert.equal(presumed.verdict.ok, true);

  answer.open();
  await until(page, { confirmed: true });
  assert.equal((await state(page)).view.session_id, presumed.view.session_id);
});

test('a statement cookie that outlived its session is not believed once the server has spoken', async (t) => {
  const server = await startServer(t, '--idle-timeout', '12s');
  const context = await newProfile(t, browser, server);
  const answer = gate();
  server.proxy.hold = ({ path }) => path === '/session' && answer.promise;
  const page = await open(context, server);
  await until(page, { status: 'signed_in', confirmed: false });
  const gone = () => page.waitForFunction((at) => Date.now() / 1000 > at + 1, client.view.idle_expires_at);
  const client = await state(page);
  await gone();
  answer.open();
  await until(page, { status: 'ended', reason: 'idle' });
});

test('a page that cannot read the statement cookie asks the server', async (t) => {
  const server = await startServer(t, '--statement-cookie', 'http-only');
  const page = await open(await newProfile(t, browser, server), server);
  await verified(page);
  assert.ok(!(await page.evaluate(() => events.some(({ state }) => state.confirmed === false))));
});

test('what is no statement in its cookie changes nothing', async (t) => {
  const server = await startServer(t);
  for (const value of ['garbage', 'a.b.c', 'e30.e30.e30', '%F0%9F%92%A9', '.'.repeat(3000)]) {
    const context = await newProfile(t, browser, server);
    const page = await open(context, server, {}, { cookie: value });
    await verified(page);
    const statuses = await page.evaluate(() => events.map(({ state }) => state.confirmed));
    assert.ok(!statuses.includes(false), `${value} is not believed`);
  }
});

test('nobody is signed in where the server says so', async (t) => {
  const server = await startServer(t);
  const page = await open(await newProfile(t, browser, server, { signedIn: false }), server);
  await until(page, { status: 'signed_out' });
  assert.equal((await state(page)).reason, 'absent');
  assert.deepEqual(await page.evaluate(() => events.map(({ type }) => type)), ['changed']);
});

test('a wrong wall clock changes nothing', async (t) => {
  const server = await startServer(t);
  for (const wrong of [0, 4_000_000_000_000]) {
    const context = await newProfile(t, browser, server);
    await context.addInitScript((time) => {
      const RightDate = Date;
      globalThis.Date = class extends RightDate {
        constructor(...parts) {
          super(...(parts.length > 0 ? parts : [time]));
        }
        static now() {
          return time;
        }
      };
    }, wrong);
    const page = await open(context, server);
    await verified(page);
    assert.equal(await page.evaluate(() => Date.now()), wrong);
    const [shown, { view }] = [await page.evaluate(() => client.now()), await state(page)];
    assert.ok(Math.abs(shown - Date.now() / 1000) < 5, `${shown} is the server's time`);
    assert.ok(view.idle_expires_at > shown);
    assert.equal((await state(page)).expiring, false);
  }
});

test('a page that may not compile WebAssembly goes without a verdict', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server);
  await context.addInitScript(() => {
    WebAssembly.Module = function refused() {
      throw new EvalError('refused by the Content Security Policy');
    };
  });
  const page = await open(context, server);
  await until(page, { status: 'signed_in', confirmed: true });
  assert.equal((await state(page)).verdict, null);
});

test('a page that signs in and out itself says so', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server, { signedIn: false });
  const page = await open(context, server);
  await until(page, { status: 'signed_out' });
  const view = await signIn(context, server);
  await page.evaluate((view) => client.adopt(view), view);
  await verified(page);
  assert.equal((await state(page)).view.session_id, view.session_id);
  await page.evaluate(() => client.signedOut());
  assert.equal((await event(page, 'ended')).state.reason, 'signed_out');
});

test('new keys are fetched when a statement names one', async (t) => {
  const server = await startServer(t);
  const page = await open(await newProfile(t, browser, server), server);
  await verified(page);
  const { keyId } = (await state(page)).verdict;
  await server.stop();
  await server.rotateStatementKey();
  await server.start();
  await page.evaluate(() => client.refresh());
  await page.waitForFunction(
    (former) => client.state.verdict?.keyId !== former && client.state.verdict?.ok,
    keyId,
  );
});

test('a page that knows that nobody is signed in asks for nothing, until a tab tells it otherwise', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server, { signedIn: false });
  const questions = async (page) => {
    await page.evaluate(() => dispatchEvent(new Event('focus')));
    // Whatever was to be asked is on its way before this.
    await page.evaluate(() => fetch('/livez'));
    return server.proxy.seen.filter(({ path }) => path === '/session').length;
  };
  const page = await open(context, server, { askWhenSignedOut: false }, { later: '' });
  await page.evaluate(() => {
    client.signedOut();
    client.start();
  });
  await until(page, { status: 'signed_out', unavailable: false });
  assert.equal(await questions(page), 0);
  await signIn(context, server);
  await open(context, server);
  await until(page, { status: 'signed_in', confirmed: true });
  await page.evaluate(() => client.signedOut());
  const before = await questions(page);
  assert.equal(await questions(page), before);
});

test('a page that signs in before it has asked for anything learns the time', async (t) => {
  const server = await startServer(t);
  const context = await newProfile(t, browser, server, { signedIn: false });
  const page = await open(context, server, { askWhenSignedOut: false }, { later: '' });
  await page.evaluate(() => {
    client.signedOut();
    client.start();
  });
  const view = await signIn(context, server);
  await page.evaluate((adopted) => client.adopt(adopted), view);
  await verified(page);
  assert.ok(Math.abs((await page.evaluate(() => client.now())) - view.created_at) < 60);
});
