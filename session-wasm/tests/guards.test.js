// What becomes of a request, by the adapter for fetch-style handlers, which is the thinnest. The frameworks themselves
// are in `examples/`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { CookieVerifier } from 'session-wasm/cookie';
import * as express from 'session-wasm/express';
import * as guards from 'session-wasm/fetch';
import { TestIssuer } from 'session-wasm/testing';

import { bin, TESTS } from './hosts/places.js';
import { output } from './hosts/program.js';

const { maybeAuthentic, maybeCurrent, maybeLive } = guards;
const { requireAuthentic, requireCurrent, requireLive, sessionHeaders } = guards;

/** An issuer with a session, and what it was asked. */
function stage() {
  const issuer = new TestIssuer();
  const session = issuer.signIn('alice', { claims: { roles: ['admin'] } });
  const asked = [];
  const fetch = (url, init) => {
    asked.push(new URL(url).pathname);
    return issuer.fetch(url, init);
  };
  const current = { issuer: issuer.issuer, fetch };
  const live = { server: issuer.issuer, fetch };
  return { issuer, session, asked, current, live, cookie: issuer.cookieHeader(session) };
}

const echo = (_, session) => Response.json(session ?? null);

function visit(handler, cookie, { path = '/account?page=2', ...init } = {}) {
  const headers = { ...init.headers, ...(cookie && { Cookie: cookie }) };
  return handler(new Request(`https://app.example${path}`, { ...init, headers }));
}

test('each word lets in who has a session by it, and hands on what it knows', async () => {
  const { issuer, session, current, live, cookie } = stage();
  const seen = async (guard) => (await visit(guard(echo), cookie)).json();
  const authentic = await seen(requireAuthentic({ keyRing: issuer.keyRing }));
  assert.equal(authentic.sessionId, session.sessionId);
  // A cookie does not say whose it is.
  assert.equal(authentic.subject, undefined);
  for (const guard of [requireCurrent(current), requireLive(live)]) {
    const { subject, claims, sessionId, authenticatedAt, absoluteExpiresAt } = await seen(guard);
    const { cookie: _, createdAt, idleExpiresAt, ...expected } = session;
    assert.deepEqual({ subject, claims, sessionId, authenticatedAt, absoluteExpiresAt }, expected);
  }
});

test('after a sign-out, a session is authentic, not current, and not live', async () => {
  const { issuer, session, current, live, cookie } = stage();
  issuer.signOut(session);
  const status = async (guard) => (await visit(guard(echo), cookie)).status;
  assert.equal(await status(requireAuthentic({ keyRing: issuer.keyRing })), 200);
  assert.equal(await status(requireCurrent(current)), 401);
  assert.equal(await status(requireLive(live)), 401);
});

test('a visitor without a session is told so in one way, whatever was wrong with what they sent', async () => {
  const { issuer, current, live } = stage();
  const other = new TestIssuer();
  const forged = other.cookieHeader(other.signIn('mallory'));
  const all = [requireAuthentic({ keyRing: issuer.keyRing }), requireCurrent(current), requireLive(live)];
  for (const guard of all) {
    for (const [cookie, reasons] of [
      [undefined, ['absent']],
      ['theme=dark', ['absent']],
      ['__Host-session=garbage; __Host-session-statement=garbage', ['invalid', 'ended']],
      [forged, ['invalid', 'ended']],
    ]) {
      const answer = await visit(guard(echo), cookie);
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('Content-Type'), 'application/problem+json');
      assert.equal(answer.headers.get('Cache-Control'), 'no-store');
      assert.equal(answer.headers.get('WWW-Authenticate'), 'Cookie realm="session"');
      const { status, code, reason } = await answer.json();
      assert.deepEqual([status, code], [401, 'no_session']);
      assert.ok(reasons.includes(reason), reason);
    }
  }
});

test('logs are told more, by whom and why', async () => {
  const { issuer, current, live } = stage();
  const told = [];
  const onRefusal = ({ reason, cause }, request) => told.push([reason, cause?.message, request.url]);
  const url = 'https://app.example/account?page=2';
  await visit(requireAuthentic({ keyRing: issuer.keyRing, onRefusal })(echo), '__Host-session=garbage');
  assert.deepEqual(told.pop(), ['malformed', undefined, url]);
  const cookie = issuer.cookieHeader(issuer.signIn('bob'));
  issuer.away = true;
  await visit(requireCurrent({ ...current, onRefusal })(echo), cookie);
  const keys = 'https://app.example/.well-known/jwks.json could not be fetched';
  assert.deepEqual(told.pop(), ['keys_unavailable', keys, url]);
  await visit(maybeLive({ ...live, onRefusal })(echo), cookie);
  assert.deepEqual(told.pop(), ['unavailable', 'https://app.example/session could not be asked', url]);
});

// R51: in each adapter.
test('a doubt lets nobody in and logs nobody out', async () => {
  const { issuer, current, live, cookie } = stage();
  issuer.away = true;
  for (const guard of [requireCurrent(current), requireLive(live)]) {
    const answer = await visit(guard(echo), cookie);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('Retry-After'), '1');
    assert.deepEqual(answer.headers.getSetCookie(), []);
    assert.equal((await answer.json()).code, 'sessions_unavailable');
  }
  for (const guard of [maybeCurrent(current), maybeLive(live)]) {
    assert.equal(await (await visit(guard(echo), cookie)).json(), null);
  }
});

test('maybe means that a stranger goes on without a session, and with what caches may keep', async () => {
  const { issuer, current, live, cookie } = stage();
  for (const guard of [maybeAuthentic({ keyRing: issuer.keyRing }), maybeCurrent(current), maybeLive(live)]) {
    const handler = guard(echo);
    const stranger = await visit(handler);
    assert.equal(await stranger.json(), null);
    assert.equal(stranger.headers.get('Cache-Control'), null);
    const known = await visit(handler, cookie);
    assert.equal((await known.json()).ok, true);
    assert.equal(known.headers.get('Cache-Control'), 'no-store');
  }
});

test('whoever knows better than no-store says so', async () => {
  const { live, cookie } = stage();
  const answer = () => new Response('', { headers: { 'Cache-Control': 'private, max-age=60' } });
  const { headers } = await visit(requireLive(live)(answer), cookie);
  assert.equal(headers.get('Cache-Control'), 'private, max-age=60');
});

test('what the server gives the visitor goes on to them, on any answer', async () => {
  const { live, cookie } = stage();
  // The headers of the first cannot be changed.
  for (const answer of [Response.redirect('https://app.example/'), new Response('no', { status: 418 })]) {
    const answered = await visit(
      requireLive(live)(() => answer),
      cookie,
    );
    assert.equal(answered.status, answer.status);
    const [fresh, ...others] = answered.headers.getSetCookie();
    assert.match(fresh, /^__Host-session-statement=/);
    assert.deepEqual(others, []);
  }
});

test('a handler is given what else the runtime gives', async () => {
  const { live, cookie } = stage();
  const handler = requireLive(live)((_, { subject }, env, context) => Response.json([subject, env, context]));
  const request = new Request('https://app.example', { headers: { Cookie: cookie } });
  assert.deepEqual(await (await handler(request, 'env', 'context')).json(), ['alice', 'env', 'context']);
});

test('guards that are given the same options share keys and the feed', async () => {
  const { current, asked, cookie } = stage();
  for (const guard of [requireCurrent(current), requireCurrent(current), maybeCurrent(current)]) {
    assert.equal((await visit(guard(echo), cookie)).status, 200);
  }
  assert.deepEqual(asked, ['/.well-known/jwks.json', '/.well-known/session-revocations']);
});

test('a statement that has run out is renewed by a question, where the server was named', async () => {
  const { issuer, session, current, asked } = stage();
  const past = issuer.statement(session, session.createdAt - 1000);
  const cookies = {
    none: `__Host-session=${session.cookie}`,
    over: `__Host-session=${session.cookie}; __Host-session-statement=${past}`,
  };
  for (const cookie of Object.values(cookies)) {
    assert.equal((await visit(requireCurrent(current)(echo), cookie)).status, 401);
    const answer = await visit(requireCurrent({ ...current, server: issuer.issuer })(echo), cookie);
    assert.equal((await answer.json()).subject, 'alice');
    assert.match(answer.headers.getSetCookie().join(), /^__Host-session-statement=/);
  }
  assert.equal(asked.filter((path) => path === '/session').length, 2);
});

test('nobody is asked about whose statement alone says enough', async () => {
  const { issuer, session, current, asked, cookie } = stage();
  const guard = requireCurrent({ ...current, server: issuer.issuer });
  const past = issuer.statement(session, session.createdAt - 1000);
  const status = async (sent) => (await visit(guard(echo), sent)).status;
  assert.equal(await status(cookie), 200);
  // Without a session cookie there is nothing to ask about.
  assert.equal(await status(`__Host-session-statement=${past}`), 401);
  issuer.signOut(session);
  assert.equal(await status(`__Host-session-statement=garbage; __Host-session=${session.cookie}`), 401);
  assert.ok(!asked.includes('/session'));
});

test('a fresh statement that is refused says something of the server, and nothing of the visitor', async () => {
  const { issuer, session, live } = stage();
  const cookie = `__Host-session=${session.cookie}`;
  const told = [];
  const onRefusal = ({ reason, cause }) => told.push(reason, cause.message);
  const options = { issuer: 'https://other.example', server: issuer.issuer, fetch: live.fetch, onRefusal };
  assert.equal((await visit(requireCurrent(options)(echo), cookie)).status, 503);
  assert.deepEqual(told, ['unavailable', 'a fresh statement is refused: wrong_issuer']);
});

test('a browser that wants to show a page is led to the sign-in and back, and nobody else is', async () => {
  const { issuer } = stage();
  const html = 'text/html,application/xhtml+xml;q=0.9';
  const answers = async (init, signIn = '/login') => {
    const guard = requireAuthentic({ keyRing: issuer.keyRing, signIn });
    const answer = await visit(guard(echo), undefined, init);
    return answer.status === 303 ? answer.headers.get('Location') : answer.status;
  };
  const there = '/login?next=%2Faccount%3Fpage%3D2';
  assert.equal(await answers({ headers: { 'Sec-Fetch-Dest': 'document' } }), there);
  assert.equal(await answers({ headers: { Accept: html } }), there);
  assert.equal(
    await answers({ headers: { Accept: html } }, '/login?lang=de'),
    there.replace('?', '?lang=de&'),
  );
  assert.equal(await answers({ headers: { 'Sec-Fetch-Dest': 'empty', Accept: html } }), 401);
  assert.equal(await answers({ headers: { Accept: 'application/json, x/text/html' } }), 401);
  assert.equal(await answers({}), 401);
  const posted = { method: 'POST', headers: { 'Sec-Fetch-Dest': 'document' } };
  assert.equal(await answers(posted), 401);
});

// R34: in each adapter.
test('what another site sends is refused before anybody is asked, and reading is not', async () => {
  const { live, asked, cookie } = stage();
  const handler = requireLive({ ...live, origins: ['https://admin.app.example'] })(echo);
  const status = async (headers, method = 'POST') =>
    (await visit(handler, cookie, { method, headers: { Host: 'app.example', ...headers } })).status;
  const refused = [
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'what' },
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://app.example' },
    { Origin: 'https://evil.example' },
    { Origin: 'https://app.example.evil.example' },
    { Origin: 'https://app.example:8443' },
    { Origin: 'null' },
  ];
  for (const headers of refused) assert.equal(await status(headers), 403, JSON.stringify(headers));
  assert.deepEqual(asked, []);
  const taken = [
    {},
    { 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'none' },
    { Origin: 'https://app.example' },
    { 'Sec-Fetch-Site': 'same-site', Origin: 'https://admin.app.example' },
  ];
  for (const headers of taken) assert.equal(await status(headers), 200, JSON.stringify(headers));
  for (const method of ['GET', 'HEAD']) assert.equal(await status(refused[0], method), 200);
});

test('whose use it is, and from where, the server is told as far as was said', async () => {
  const { issuer, cookie } = stage();
  const told = [];
  const fetch = (url, init) => {
    told.push([init.headers['Session-Activity'], init.headers['X-Forwarded-For']]);
    return issuer.fetch(url, init);
  };
  const live = { server: issuer.issuer, fetch };
  const clientAddress = (request) => request.headers.get('CF-Connecting-IP') ?? undefined;
  const headers = { 'CF-Connecting-IP': '192.0.2.7', 'X-Forwarded-For': '198.51.100.1' };
  const passive = { ...headers, 'Session-Activity': 'passive' };
  await visit(requireLive(live)(echo), cookie, { headers });
  await visit(requireLive(live)(echo), cookie, { headers: passive });
  await visit(requireLive({ ...live, passive: true })(echo), cookie, { headers });
  await visit(requireLive({ ...live, clientAddress })(echo), cookie, { headers });
  assert.deepEqual(told, [
    [undefined, undefined],
    ['passive', undefined],
    ['passive', undefined],
    [undefined, '192.0.2.7'],
  ]);
});

// R72: in each adapter.
test('a session that was renewed meanwhile is a conflict, and no log-out', async () => {
  const { cookie } = stage();
  const fetch = async () => Response.json({ code: 'session_renewed' }, { status: 409 });
  const answer = await visit(requireLive({ server: 'https://app.example', fetch })(echo), cookie);
  assert.equal(answer.status, 409);
  assert.equal((await answer.json()).code, 'session_renewed');
});

// R37: and nothing that a client made up.
test('what goes on to an application says who it is, and nothing that a client said', () => {
  const headers = {
    'X-Session-Id': 'forged',
    X_Session_Subject: 'admin',
    'X-SESSION-ROLE': 'x',
    Theme: 'dark',
  };
  const onward = (session) => Object.fromEntries(sessionHeaders({ headers: new Headers(headers) }, session));
  assert.deepEqual(onward(undefined), { theme: 'dark' });
  assert.deepEqual(onward({ sessionId: 'id' }), { theme: 'dark', 'x-session-id': 'id' });
  assert.deepEqual(onward({ sessionId: 'id', subject: 'jürgen ☂' }), {
    theme: 'dark',
    'x-session-id': 'id',
    'x-session-subject': 'j%C3%BCrgen%20%E2%98%82',
  });
});

test('an option that is none is misuse, with a code', () => {
  const { issuer, current, live } = stage();
  const keyRing = issuer.keyRing;
  const throws = (make, code) => assert.throws(make, { name: 'MisuseError', code });
  throws(() => requireAuthentic(), 'invalid_key_ring');
  throws(() => requireAuthentic({ keyRing: 'no JSON' }), 'invalid_key_ring');
  throws(() => requireCurrent(), 'invalid_issuer');
  throws(() => requireCurrent({ issuer: 'https://app.example/' }), 'invalid_issuer');
  throws(() => requireLive(), 'invalid_option');
  throws(() => requireLive('https://app.example'), 'invalid_option');
  for (const [name, value] of Object.entries({
    signIn: 42,
    origins: ['https://app.example/'],
    passive: 'yes',
    clientAddress: '192.0.2.7',
    onRefusal: 'log',
  })) {
    throws(() => requireAuthentic({ keyRing, [name]: value }), 'invalid_option');
    throws(() => requireCurrent({ ...current, [name]: value }), 'invalid_option');
    throws(() => requireLive({ ...live, [name]: value }), 'invalid_option');
  }
  throws(() => requireCurrent({ ...current, statementCookie: 42 }), 'invalid_option');
  throws(() => requireCurrent({ ...current, server: 'app.example' }), 'invalid_option');
  throws(() => requireLive({ ...live, cookies: keyRing }), 'invalid_option');
  assert.ok(requireLive({ ...live, cookies: new CookieVerifier({ keyRing }) }));
});

test('where there is only node:http, the middleware for Express and Connect does as well', async (t) => {
  const { issuer, live, cookie } = stage();
  const middleware = express.requireLive(live);
  const listener = createServer((request, response) =>
    middleware(request, response, (error) => response.end(error?.message ?? request.liveSession.subject)),
  ).listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  const ask = async (headers) => fetch(`http://127.0.0.1:${listener.address().port}/a?b`, { headers });
  assert.equal(await (await ask({ Cookie: cookie })).text(), 'alice');
  assert.equal((await ask({})).status, 401);
  issuer.away = true;
  assert.equal((await ask({ Cookie: cookie })).status, 503);
});

test('a mistake in a function of the application is the application’s error, and lets nobody in', async () => {
  const { live, cookie } = stage();
  const clientAddress = () => {
    throw new Error('no address');
  };
  await assert.rejects(visit(requireLive({ ...live, clientAddress })(echo), cookie), /no address/);
  const errors = [];
  const request = { method: 'GET', url: '/', headers: { cookie } };
  await express.requireLive({ ...live, clientAddress })(request, {}, (error) => errors.push(error?.message));
  assert.deepEqual(errors, ['no address']);
});

const RUNTIMES = { 'Node.js': [process.execPath], Deno: [bin('deno'), 'run'], Bun: [bin('bun')] };
for (const [runtime, [program, ...args]] of Object.entries(RUNTIMES)) {
  test(`${runtime}: guards and what stands for a server in tests work, without a permission`, async () => {
    const report = JSON.parse(await output(program, [...args, 'guests/adapters.js'], { cwd: TESTS }));
    assert.deepEqual(report, {
      known: ['somebody', 'alice', 'alice'],
      stranger: [401, 401, 401],
      // The feed at hand is still good.
      doubt: ['somebody', 'bob', 503],
    });
  });
}
