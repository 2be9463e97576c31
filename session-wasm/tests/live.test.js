import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CookieVerifier } from 'session-wasm/cookie';
import { LiveVerifier } from 'session-wasm/fetch';
import { TestIssuer } from 'session-wasm/testing';

const SERVER = 'https://app.example/_session';

/** A server with a session, and what it was asked. */
function stage({ answer, ...options } = {}) {
  const issuer = new TestIssuer();
  const session = issuer.signIn('alice');
  const asked = [];
  const fetch = (url, init) => {
    asked.push({ url, init });
    return answer ? answer(url, init) : issuer.fetch(url, init);
  };
  const verifier = new LiveVerifier({ server: SERVER, fetch, ...options });
  return { issuer, session, asked, verifier, cookie: issuer.cookieHeader(session) };
}

test('a question is the cookie and nothing else of the visitor', async () => {
  const { verifier, cookie, asked } = stage();
  assert.equal((await verifier.verifyLive(cookie)).ok, true);
  const [{ url, init }] = asked;
  assert.equal(url, 'https://app.example/_session/session');
  assert.deepEqual(init.headers, { Accept: 'application/json', Cookie: cookie });
  assert.equal(init.redirect, 'manual');
  assert.equal(init.cache, 'no-store');
});

test('what more is told was asked for', async () => {
  const { verifier, cookie, asked } = stage();
  await verifier.verifyLive(cookie, { passive: true, clientAddress: '192.0.2.7' });
  const { headers } = asked[0].init;
  assert.equal(headers['Session-Activity'], 'passive');
  assert.equal(headers['X-Forwarded-For'], '192.0.2.7');
});

test('nobody is asked about who has no cookie', async () => {
  const { verifier, asked } = stage();
  for (const none of [undefined, null]) assert.equal((await verifier.verifyLive(none)).reason, 'absent');
  await assert.rejects(verifier.verifyLive(42), { name: 'MisuseError', code: 'invalid_cookie' });
  assert.deepEqual(asked, []);
});

// R31, R51: each is the word of the server.
test('a yes is never remembered', async () => {
  const { verifier, cookie, asked, issuer, session } = stage();
  for (let round = 0; round < 3; round += 1) assert.equal((await verifier.verifyLive(cookie)).ok, true);
  assert.equal(asked.length, 3);
  issuer.signOut(session);
  assert.equal((await verifier.verifyLive(cookie)).reason, 'ended');
});

test('a refusal is remembered for five seconds, of this cookie alone', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const { verifier, cookie, asked, issuer, session } = stage();
  const other = issuer.cookieHeader(issuer.signIn('bob'));
  issuer.signOut(session);
  const reason = async () => (await verifier.verifyLive(cookie)).reason;
  for (let round = 0; round < 100; round += 1) assert.equal(await reason(), 'ended');
  assert.equal(asked.length, 1);
  assert.equal((await verifier.verifyLive(other)).ok, true);
  assert.equal(asked.length, 2);

  t.mock.timers.tick(4999);
  await reason();
  assert.equal(asked.length, 2);
  t.mock.timers.tick(1);
  await reason();
  assert.equal(asked.length, 3);
  // A clock that is set back by an hour does not make it last.
  t.mock.timers.setTime(Date.now() - 3_600_000);
  await reason();
  assert.equal(asked.length, 4);
});

test('what the server gave with a refusal goes to the visitor each time', async () => {
  const removal = '__Host-session=; Path=/; Max-Age=0';
  const answer = async () =>
    Response.json(
      { code: 'no_session', reason: 'invalid' },
      { status: 401, headers: { 'Set-Cookie': removal } },
    );
  const { verifier, cookie, asked } = stage({ answer });
  for (let round = 0; round < 2; round += 1) {
    const verdict = await verifier.verifyLive(cookie);
    assert.deepEqual(verdict, { ok: false, reason: 'invalid', setCookies: [removal] });
  }
  assert.equal(asked.length, 1);
});

test('whoever brings ever new cookies is not remembered without end', async () => {
  const answer = async () => Response.json({ code: 'no_session', reason: 'invalid' }, { status: 401 });
  const { verifier, asked } = stage({ answer, rememberRefusals: 3600 });
  const visit = (number) => verifier.verifyLive(`__Host-session=${number}`);
  const CAPACITY = 10_000;
  for (let number = 0; number < CAPACITY; number += 1) await visit(number);
  await visit(0);
  assert.equal(asked.length, CAPACITY);
  await visit(CAPACITY);
  // The oldest has made room for it.
  await visit(0);
  assert.equal(asked.length, CAPACITY + 2);
});

// R51: whatever else stands in between is a doubt.
test('only the word of a session server is one', async () => {
  const says = {
    'a 401 of a proxy': new Response('who are you?', { status: 401 }),
    'a 401 of another kind': Response.json({ code: 'login_refused' }, { status: 401 }),
    'a 401 for a reason that is none': Response.json({ code: 'no_session', reason: 'x' }, { status: 401 }),
    'a page': new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } }),
    'a view of nobody': Response.json({ session_id: 'x' }),
    nothing: Response.json(null),
    'a redirect': new Response(null, { status: 302, headers: { Location: '/login' } }),
    'a 404': Response.json({ code: 'not_found' }, { status: 404 }),
  };
  for (const [name, response] of Object.entries(says)) {
    const { verifier, cookie, asked } = stage({ answer: async () => response.clone() });
    for (let round = 0; round < 2; round += 1) {
      const { ok, reason, cause, setCookies } = await verifier.verifyLive(cookie);
      assert.deepEqual(
        { ok, reason, setCookies },
        { ok: false, reason: 'unavailable', setCookies: [] },
        name,
      );
      assert.match(cause.message, /^https:\/\/app\.example\/_session\/session answered with status \d+,/);
      assert.ok(!cause.message.includes(cookie));
    }
    assert.equal(asked.length, 2, `${name} is not remembered`);
  }
});

test('a server that cannot be reached is no refusal, and the cause is told', async () => {
  const { verifier, cookie, issuer } = stage();
  issuer.away = true;
  const { reason, cause } = await verifier.verifyLive(cookie);
  assert.equal(reason, 'unavailable');
  assert.equal(cause.name, 'UnavailableError');
  assert.equal(cause.cause.message, 'the test issuer is away');
  issuer.away = false;
  assert.equal((await verifier.verifyLive(cookie)).ok, true);
});

test('a server that is too busy says when to come again', async () => {
  const answer = async () =>
    Response.json({ code: 'store_unavailable' }, { status: 503, headers: { 'Retry-After': '7' } });
  const { verifier, cookie } = stage({ answer });
  const { reason, retryAfter, cause } = await verifier.verifyLive(cookie);
  assert.deepEqual([reason, retryAfter], ['unavailable', 7]);
  assert.match(cause.message, /status 503, store_unavailable$/);
});

test('a server that answers too late has not answered, in its headers or in the middle', async (t) => {
  // The timer of a deadline alone keeps no program running.
  const running = setInterval(() => {}, 1000);
  t.after(() => clearInterval(running));
  const late = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const answers = {
    headers: (_, { signal }) => late(signal),
    middle: async (_, { signal }) => {
      const body = new ReadableStream({
        pull: (stream) => late(signal).catch((error) => stream.error(error)),
      });
      return new Response(body);
    },
  };
  for (const [where, answer] of Object.entries(answers)) {
    const { verifier, cookie } = stage({ answer, deadline: 0.05 });
    const { reason, cause } = await verifier.verifyLive(cookie);
    assert.equal(reason, 'unavailable', where);
    assert.equal(cause.cause.name, 'TimeoutError', where);
  }
});

// R72: at an edge either.
test('a session whose cookie was renewed meanwhile is not refused as ended', async () => {
  const answer = async () => Response.json({ code: 'session_renewed' }, { status: 409 });
  const { verifier, cookie, asked } = stage({ answer });
  assert.equal((await verifier.verifyLive(cookie)).reason, 'renewed');
  await verifier.verifyLive(cookie);
  assert.equal(asked.length, 2);
});

test('with the keys of cookies, a forgery costs no question, and an answer has to be about the cookie', async () => {
  const other = new TestIssuer();
  const foreign = other.cookieHeader(other.signIn('mallory'));
  const { issuer, session, asked, cookie } = stage();
  const cookies = new CookieVerifier({ keyRing: issuer.keyRing });
  let answers = issuer.fetch;
  const fetch = (url, init) => {
    asked.push(url);
    return answers(url, init);
  };
  const verifier = new LiveVerifier({ server: SERVER, fetch, cookies });
  assert.equal((await verifier.verifyLive(foreign)).reason, 'invalid');
  assert.equal((await verifier.verifyLive('theme=dark')).reason, 'absent');
  assert.deepEqual(asked, []);
  assert.equal((await verifier.verifyLive(cookie)).sessionId, session.sessionId);

  const bob = issuer.cookieHeader(issuer.signIn('bob'));
  answers = (url) => issuer.fetch(url, { headers: { Cookie: bob } });
  const { reason, cause } = await verifier.verifyLive(cookie);
  assert.equal(reason, 'unavailable');
  assert.match(cause.message, /answered about another session$/);
});

test('an option that is none is misuse, which names it', () => {
  const wrong = {
    server: [
      undefined,
      '',
      'app.example',
      'ftp://app.example',
      'https://u:p@app.example',
      'https://app.example/?a',
    ],
    deadline: [0, -1, '2', Number.NaN, Number.POSITIVE_INFINITY],
    rememberRefusals: [-1, '5'],
    fetch: ['fetch', null],
    cookies: [{}, 'keys'],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const names = ({ code, message }) => code === 'invalid_option' && message.includes(name);
      assert.throws(() => new LiveVerifier({ server: SERVER, [name]: value }), names, `${name}: ${value}`);
    }
  }
  assert.ok(new LiveVerifier({ server: 'http://127.0.0.1:8080/' }));
});
