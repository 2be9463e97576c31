import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { end, firstLine } from '../../testing/process.js';
import { logIn, logOut, newKeys, startServer } from '../../testing/server.js';
import { startRecorder } from './stage/front.js';
import { mintStatement, tamper } from './stage/mint.js';
import { until } from './stage/until.js';
import { startWorkerd } from './stage/workerd.js';

const HOSTS = {
  node: async (t, issuer) => {
    const program = fileURLToPath(new URL('hono/node.js', import.meta.url));
    const env = { ...process.env, ISSUER: issuer, PORT: '0' };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => end(child));
    return (await firstLine(child, /^listening on (\S+)/))[1];
  },
  workerd: async (t, issuer) => {
    return (await startWorkerd(t, 'hono', { origin: issuer, env: { ISSUER: issuer } })).origin;
  },
};

const withStatement = (statement) => `__Host-session-statement=${statement}`;

for (const [host, start] of Object.entries(HOSTS)) {
  /** The server, the application, and what of its questions came through to the server. */
  async function startApp(t) {
    let server;
    const front = await startRecorder(t, () => server.origin);
    server = await startServer(t, `--public-origin=${front.origin}`);
    const url = await start(t, front.origin);
    const visit = (path, cookie, headers) =>
      fetch(url + path, { headers: { ...headers, ...(cookie && { Cookie: cookie }) } });
    const asked = (path) => front.seen.filter(({ url }) => url === path).length;
    return { server, issuer: front.origin, visit, asked };
  }

  test(`${host}: who has a current statement is known, and the session is not looked up`, async (t) => {
    const { server, visit, asked } = await startApp(t);
    const { statement, view } = await logIn(server);
    const cookie = withStatement(statement);
    for (let round = 0; round < 20; round += 1) {
      assert.equal(await (await visit('/', `theme=dark; ${cookie}`)).text(), 'welcome, demo\n');
    }
    const account = { subject: 'demo', claims: {}, until: view.absolute_expires_at };
    assert.deepEqual(await (await visit('/account', cookie)).json(), account);
    assert.equal(asked('/session'), 0);
    assert.equal(asked('/.well-known/jwks.json'), 1);
  });

  test(`${host}: requests that come at once all get their answer`, async (t) => {
    const { server, visit, asked } = await startApp(t);
    const { statement } = await logIn(server);
    const all = Array.from({ length: 20 }, () => visit('/account', withStatement(statement)));
    assert.deepEqual([...new Set((await Promise.all(all)).map(({ status }) => status))], [200]);
    assert.equal(asked('/.well-known/jwks.json'), 1);
  });

  test(`${host}: what is no statement of the issuer, or not of now, is nobody`, async (t) => {
    const { server, issuer, visit } = await startApp(t);
    const { statement, value } = await logIn(server);
    const ring = server.keys().statement;
    const foreign = { ...(await newKeys(t)).statement, signing: ring.signing };
    foreign.keys[0].kid = ring.signing;

    const statements = {
      absent: undefined,
      garbage: 'garbage',
      tampered: tamper(statement),
      'of another key': mintStatement(foreign, { issuer }),
      'of another issuer': mintStatement(ring, { issuer: 'https://evil.example' }),
      expired: mintStatement(ring, { issuer, issuedAt: 1_700_000_000 }),
      'not yet valid': mintStatement(ring, { issuer, issuedAt: Math.floor(Date.now() / 1000) + 3600 }),
      'a session cookie': value,
    };
    for (const [name, sent] of Object.entries(statements)) {
      const cookie = sent && withStatement(sent);
      assert.equal((await visit('/account', cookie)).status, 401, name);
      assert.equal(await (await visit('/', cookie)).text(), 'welcome, stranger\n', name);
    }
  });

  test(`${host}: whose statement is over is asked about, and gets a new one`, async (t) => {
    const { server, issuer, visit, asked } = await startApp(t);
    const { value } = await logIn(server);
    const ring = server.keys().statement;
    const live = `__Host-session=${value}`;
    const over = withStatement(mintStatement(ring, { issuer, issuedAt: 1_700_000_000 }));

    for (const cookie of [live, `${live}; ${over}`]) {
      const answer = await visit('/account', cookie);
      assert.equal((await answer.json()).subject, 'demo');
      const [fresh] = answer.headers.getSetCookie().map((text) => text.split(';', 1)[0]);
      assert.equal((await visit('/account', fresh)).status, 200);
    }
    assert.equal(asked('/session'), 2);

    await logOut(server, { cookie: live });
    assert.equal((await visit('/account', `${live}; ${over}`)).status, 401);
  });

  test(`${host}: a log-out is known here within the life of a feed`, async (t) => {
    const { server, visit } = await startApp(t);
    const session = await logIn(server);
    const cookie = withStatement(session.statement);
    assert.equal((await visit('/account', cookie)).status, 200);

    await logOut(server, session);
    await until(async () => (await visit('/account', cookie)).status === 401);
    // Also for whoever still sends both.
    assert.equal((await visit('/account', `${session.cookie}; ${cookie}`)).status, 401);
  });

  // R37: in a Worker as in Node.js.
  test(`${host}: no header of a client says who somebody is`, async (t) => {
    const { server, visit } = await startApp(t);
    const { statement, cookie } = await logIn(server);
    const headers = { session: '{"ok":true,"subject":"admin"}', 'X-Session-Subject': 'admin' };
    const bearer = { ...headers, Authorization: `Bearer ${statement}` };
    assert.equal((await visit('/account', undefined, bearer)).status, 401);
    assert.equal((await (await visit('/account', cookie, headers)).json()).subject, 'demo');
  });

  test(`${host}: a key that was published before it signs is known at once`, async (t) => {
    const { server, visit, asked } = await startApp(t);
    const ring = server.keys();
    const next = { ...(await newKeys(t)).statement.keys[0], kid: 'next' };
    const keys = [...ring.statement.keys, next];
    const restart = async (signing) => {
      server.writeKeys({ ...ring, statement: { signing, keys } });
      await server.stop();
      await server.start();
    };

    await restart(ring.statement.signing);
    assert.equal((await visit('/account', withStatement((await logIn(server)).statement))).status, 200);
    await restart('next');
    assert.equal((await visit('/account', withStatement((await logIn(server)).statement))).status, 200);
    assert.equal(asked('/.well-known/jwks.json'), 1);
  });

  // R51: and nobody is logged out.
  test(`${host}: while the issuer is away nobody is let in, and nobody is logged out`, async (t) => {
    const { server, visit } = await startApp(t);
    const { statement, value } = await logIn(server);
    await server.stop();

    for (const cookie of [withStatement(statement), `__Host-session=${value}`]) {
      const answer = await visit('/account', cookie);
      assert.equal(answer.status, 503);
      assert.deepEqual(answer.headers.getSetCookie(), []);
      assert.equal(await (await visit('/', cookie)).text(), 'welcome, stranger\n');
    }
    assert.equal((await visit('/account')).status, 401);

    await server.start();
    await until(async () => (await visit('/account', withStatement(statement))).status === 200);
  });
}
