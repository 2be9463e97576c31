import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, logOut, newKeys, startServer } from '../../testing/server.js';
import { startRecorder } from './stage/front.js';
import { mintCookie, tamper } from './stage/mint.js';
import { until } from './stage/until.js';
import { startWorkerd } from './stage/workerd.js';
import { startWrangler } from './stage/wrangler.js';

/** By `config.capnp` and by `wrangler.toml`. */
const HOSTS = { workerd: startWorkerd, wrangler: startWrangler };

for (const [host, start] of Object.entries(HOSTS)) {
  async function startEdge(t, { keyRing } = {}) {
    const server = await startServer(t);
    const origin = await startRecorder(t, () => server.origin);
    const ring = keyRing ?? JSON.stringify(server.keys().cookie);
    const edge = await start(t, 'cloudflare-worker', {
      origin: origin.origin,
      env: { COOKIE_KEYS: ring },
    });
    const visit = (path, cookie, { headers, ...options } = {}) =>
      fetch(edge.origin + path, { headers: { ...headers, ...(cookie && { Cookie: cookie }) }, ...options });
    return { server, edge, visit, seen: origin.seen };
  }

  test(`${host}: a known session gets the page, and the origin is not asked`, async (t) => {
    const { server, visit, seen } = await startEdge(t);
    const { cookie } = await logIn(server);

    const answer = await visit('/members', `theme=dark; ${cookie}`);
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /<h1>Members<\/h1>/);
    assert.equal(answer.headers.get('Cache-Control'), 'no-store');
    assert.deepEqual(seen, []);
  });

  test(`${host}: whoever is not known is sent to the origin`, async (t) => {
    const { server, visit, seen } = await startEdge(t);
    const { value } = await logIn(server);
    const ring = server.keys().cookie;
    const past = { issuedAt: 1_700_000_000, expiresAt: 1_700_003_600 };
    const foreign = (await newKeys(t)).cookie;

    // The session server has nothing at this path, and says so.
    const cookies = {
      'no cookie': undefined,
      'another cookie': 'theme=dark',
      garbage: '__Host-session=garbage',
      tampered: `__Host-session=${tamper(value)}`,
      expired: `__Host-session=${mintCookie(ring, past)}`,
      'another ring': `__Host-session=${mintCookie({ ...foreign, signing: foreign.keys[0].kid })}`,
      'two sessions': `__Host-session=${value}; __Host-session=${mintCookie(ring)}`,
    };
    for (const [name, cookie] of Object.entries(cookies)) {
      seen.length = 0;
      assert.equal((await visit('/members', cookie)).status, 404, name);
      assert.deepEqual(
        seen.map(({ url }) => url),
        ['/members'],
        name,
      );
      assert.equal(seen[0].headers['x-session-id'], undefined, name);
    }
  });

  test(`${host}: what changes something goes to the origin, also with an authentic cookie`, async (t) => {
    const { server, visit, seen } = await startEdge(t);
    const session = await logIn(server);
    const change = {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: '{"cart":["book"]}',
    };

    const done = await visit('/session/data', session.cookie, change);
    assert.deepEqual(await done.json(), { cart: ['book'] });
    assert.equal(seen.at(-1).headers['x-session-id'], session.view.session_id);
    assert.equal((await visit('/members', session.cookie, { method: 'POST' })).status, 404);
    assert.equal(seen.at(-1).method, 'POST');

    // Authentic until its deadline, and no longer live.
    await logOut(server, session);
    assert.equal((await visit('/members', session.cookie)).status, 200);
    assert.equal((await visit('/session/data', session.cookie, change)).status, 401);
  });

  test(`${host}: no client says who it is in the name of the edge`, async (t) => {
    const { server, visit, seen } = await startEdge(t);
    const { cookie, view } = await logIn(server);
    const headers = { 'x-session-id': 'forged', 'X-Session_ID': 'forged', 'X-Session-Role': 'admin' };

    for (const [sent, expected] of [
      [undefined, undefined],
      [cookie, view.session_id],
    ]) {
      await visit('/session', sent, { headers });
      const edge = Object.entries(seen.at(-1).headers).filter(([name]) => name.startsWith('x-session'));
      assert.deepEqual(edge, expected ? [['x-session-id', expected]] : []);
    }
  });

  test(`${host}: a cookie of a key that is being retired is known as long as the ring lists the key`, async (t) => {
    const old = (await newKeys(t)).cookie;
    const fresh = (await newKeys(t)).cookie;
    const renamed = { ...fresh.keys[0], kid: 'next' };
    const cookie = `__Host-session=${mintCookie(old)}`;

    const during = JSON.stringify({ signing: 'next', keys: [renamed, ...old.keys] });
    assert.equal((await (await startEdge(t, { keyRing: during })).visit('/members', cookie)).status, 200);
    const after = JSON.stringify({ signing: 'next', keys: [renamed] });
    assert.equal((await (await startEdge(t, { keyRing: after })).visit('/members', cookie)).status, 404);
  });

  test(`${host}: without good keys the origin decides about everybody`, async (t) => {
    for (const keyRing of [
      '',
      '{}',
      '{"signing":"c1","keys":[{"kty":"oct","kid":"c1","alg":"HS256","k":"c2hvcnQ"}]}',
    ]) {
      const { server, edge, visit, seen } = await startEdge(t, { keyRing });
      const { cookie } = await logIn(server);
      assert.equal((await visit('/members', cookie)).status, 404);
      assert.equal((await visit('/session', cookie)).status, 200);
      assert.deepEqual(
        seen.map(({ url }) => url),
        ['/members', '/session'],
      );
      await until(() => edge.log().includes('COOKIE_KEYS: '));
      assert.doesNotMatch(edge.log(), /c2hvcnQ/);
    }
  });

  test(`${host}: while the origin is away, the rest gets a 503`, async (t) => {
    const { server, visit } = await startEdge(t);
    const { cookie } = await logIn(server);
    await server.stop();
    const answer = await visit('/session', cookie);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('Set-Cookie'), null);
    assert.equal((await visit('/members')).status, 503);
    assert.equal((await visit('/members', cookie)).status, 200);
  });
}
