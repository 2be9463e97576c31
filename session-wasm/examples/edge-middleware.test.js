import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, logOut, newKeys, startServer } from '../../testing/server.js';
import { startEdgeRuntime } from './stage/edge-runtime.js';
import { startRecorder } from './stage/front.js';
import { mintCookie, mintStatement, tamper } from './stage/mint.js';
import { until } from './stage/until.js';

async function startEdge(t, { keyRing, file = 'middleware.js' } = {}) {
  let server;
  // The session server stands for the application, and knows nothing at these paths.
  const app = await startRecorder(t, () => server.origin);
  server = await startServer(t, `--public-origin=${app.origin}`);
  const env = { ISSUER: app.origin, COOKIE_KEYS: keyRing ?? JSON.stringify(server.keys().cookie) };
  const url = await startEdgeRuntime(t, `edge-middleware/${file}`, { app: app.origin, env });
  const visit = (path, cookie, { headers, ...options } = {}) => {
    // As a browser that goes to a page, and is too old to say so more clearly.
    const all = { Accept: 'text/html', ...headers, ...(cookie && { Cookie: cookie }) };
    return fetch(url + path, { headers: all, redirect: 'manual', ...options });
  };
  const seen = () => app.seen.filter(({ url }) => url.startsWith('/account'));
  return { server, issuer: app.origin, visit, seen };
}

test('an authentic session reaches the application, with its ID', async (t) => {
  const { server, visit, seen } = await startEdge(t);
  const { cookie, view } = await logIn(server);
  assert.equal((await visit('/account', `theme=dark; ${cookie}`)).status, 404);
  assert.equal(seen()[0].url, '/account');
  assert.equal(seen()[0].headers['x-session-id'], view.session_id);
  assert.equal(seen()[0].headers.cookie, `theme=dark; ${cookie}`);
});

test('everybody else is led to the login, and back to where they wanted', async (t) => {
  const { server, visit, seen } = await startEdge(t);
  const { value } = await logIn(server);
  const ring = server.keys().cookie;
  const past = { issuedAt: 1_700_000_000, expiresAt: 1_700_003_600 };

  const cookies = {
    'no cookie': undefined,
    garbage: '__Host-session=garbage',
    tampered: `__Host-session=${tamper(value)}`,
    expired: `__Host-session=${mintCookie(ring, past)}`,
    'another ring': `__Host-session=${mintCookie((await newKeys(t)).cookie)}`,
    'two sessions': `__Host-session=${value}; __Host-session=${mintCookie(ring)}`,
  };
  for (const [name, cookie] of Object.entries(cookies)) {
    const answer = await visit('/account/orders?page=2', cookie);
    assert.equal(answer.status, 303, name);
    assert.equal(answer.headers.get('Location'), '/login?next=%2Faccount%2Forders%3Fpage%3D2', name);
    assert.equal((await visit('/account', cookie, { method: 'POST' })).status, 401, name);
    // To a program a redirect would only look like success.
    const byProgram = await visit('/account', cookie, { headers: { Accept: 'application/json' } });
    assert.equal(byProgram.status, 401, name);
  }
  assert.deepEqual(seen(), []);
});

test('a client that says who it is in the name of the middleware is not heard', async (t) => {
  const { server, visit, seen } = await startEdge(t);
  const { cookie, view } = await logIn(server);
  const headers = { 'X-Session-Id': 'forged', X_Session_Id: 'forged', 'X-Session-Subject': 'admin' };

  assert.equal((await visit('/account', undefined, { headers })).status, 303);
  await visit('/account', cookie, { headers });
  const heard = Object.entries(seen()[0].headers).filter(([name]) => /^x.session/.test(name));
  assert.deepEqual(heard, [['x-session-id', view.session_id]]);
});

test('a new key signs, and the old one is known until it leaves the ring', async (t) => {
  const old = (await newKeys(t)).cookie;
  const next = { ...(await newKeys(t)).cookie.keys[0], kid: 'next' };
  const cookie = `__Host-session=${mintCookie(old)}`;

  const during = JSON.stringify({ signing: 'next', keys: [next, ...old.keys] });
  assert.equal((await (await startEdge(t, { keyRing: during })).visit('/account', cookie)).status, 404);
  const after = JSON.stringify({ signing: 'next', keys: [next] });
  assert.equal((await (await startEdge(t, { keyRing: after })).visit('/account', cookie)).status, 303);
});

test('without good keys nobody is let in, and nobody is sent away as a stranger', async (t) => {
  for (const keyRing of ['', '{}']) {
    const { server, visit, seen } = await startEdge(t, { keyRing });
    const { cookie } = await logIn(server);
    for (const sent of [cookie, undefined]) {
      const answer = await visit('/account', sent);
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('Set-Cookie'), null);
    }
    assert.deepEqual(seen(), []);
  }
});

const BY_STATEMENT = { file: 'statement-middleware.js' };
const withStatement = (statement) => `__Host-session-statement=${statement}`;

test('a current statement reaches the application, until the session is logged out', async (t) => {
  const { server, visit, seen } = await startEdge(t, BY_STATEMENT);
  const session = await logIn(server);
  const cookie = `theme=dark; ${withStatement(session.statement)}`;
  const headers = { 'X-Session-Id': 'forged', X_Session_Subject: 'admin' };

  assert.equal((await visit('/account', cookie, { headers })).status, 404);
  const heard = Object.entries(seen()[0].headers).filter(([name]) => /^x.session/.test(name));
  const known = { 'x-session-id': session.view.session_id, 'x-session-subject': 'demo' };
  assert.deepEqual(Object.fromEntries(heard), known);

  await logOut(server, session);
  await until(async () => (await visit('/account', cookie)).status === 303);
});

test('without a statement of the issuer for now, one is led to the login', async (t) => {
  const { server, issuer, visit, seen } = await startEdge(t, BY_STATEMENT);
  const { statement, value } = await logIn(server);
  const ring = server.keys().statement;

  const cookies = {
    'no cookie': undefined,
    garbage: withStatement('garbage'),
    empty: withStatement(''),
    tampered: withStatement(tamper(statement)),
    expired: withStatement(mintStatement(ring, { issuer, issuedAt: 1_700_000_000 })),
    'of another issuer': withStatement(mintStatement(ring, { issuer: 'https://evil.example' })),
    'under another name': `x__Host-session-statement=${statement}; session-statement=${statement}`,
    'the session cookie alone': `__Host-session=${value}`,
  };
  for (const [name, cookie] of Object.entries(cookies)) {
    assert.equal((await visit('/account', cookie)).headers.get('Location'), '/login?next=%2Faccount', name);
    assert.equal((await visit('/account', cookie, { method: 'POST' })).status, 401, name);
  }
  assert.deepEqual(seen(), []);
});

test('while the issuer is away, a statement lets nobody in and sends nobody to the login', async (t) => {
  const { server, visit, seen } = await startEdge(t, BY_STATEMENT);
  const cookie = withStatement((await logIn(server)).statement);
  await server.stop();
  assert.equal((await visit('/account', cookie)).status, 503);
  assert.deepEqual(seen(), []);
  await server.start();
  await until(async () => (await visit('/account', cookie)).status === 404);
});
