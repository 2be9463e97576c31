import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { logIn, logOut, newKeys, startServer } from '../../testing/server.js';
import { createApp as createExpress } from './express/app.js';
import { createApp as createFastify } from './fastify/app.js';
import { listen, startRecorder } from './stage/front.js';
import { mintCookie, tamper } from './stage/mint.js';

/** The same application, as a Node server. */
const FRAMEWORKS = {
  express: async (options) => createServer(createExpress(options)),
  fastify: async (options) => {
    const app = createFastify(options);
    await app.ready();
    return app.server;
  },
};

const ORDER = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"item":"book"}' };

for (const [framework, create] of Object.entries(FRAMEWORKS)) {
  async function startApp(t) {
    const server = await startServer(t);
    const recorder = await startRecorder(t, () => server.origin);
    const app = await create({ keyRing: server.keys().cookie, origin: recorder.origin });
    const url = await listen(t, app);
    const visit = (path, cookie, { headers, ...options } = {}) =>
      fetch(url + path, { headers: { ...headers, ...(cookie && { Cookie: cookie }) }, ...options });
    return { server, visit, seen: recorder.seen };
  }

  test(`${framework}: an authentic session is greeted without a question to the server`, async (t) => {
    const { server, visit, seen } = await startApp(t);
    const { cookie } = await logIn(server);
    const greeting = await visit('/', `theme=dark; ${cookie}`);
    assert.equal(await greeting.text(), 'welcome back\n');
    assert.equal(greeting.headers.get('Cache-Control'), 'no-store');
    assert.equal(await (await visit('/')).text(), 'welcome\n');
    assert.deepEqual(seen, []);
  });

  test(`${framework}: a live session may order, and sees its own orders`, async (t) => {
    const { server, visit } = await startApp(t);
    const { cookie } = await logIn(server);
    const order = { subject: 'demo', item: 'book' };

    const answer = await visit('/orders', cookie, ORDER);
    assert.equal(answer.status, 201);
    assert.deepEqual(await answer.json(), order);
    // What the server gives the browser with its answer goes on to it.
    assert.match(answer.headers.getSetCookie().join(), /^__Host-session-statement=/);
    assert.equal(answer.headers.get('Cache-Control'), 'no-store');
    assert.deepEqual(await (await visit('/orders', cookie)).json(), [order]);
  });

  // R3: at an edge that has the keys.
  test(`${framework}: what is not authentic is refused before the server is asked`, async (t) => {
    const { server, visit, seen } = await startApp(t);
    const { value } = await logIn(server);
    const ring = server.keys().cookie;
    const past = { issuedAt: 1_700_000_000, expiresAt: 1_700_003_600 };

    const cookies = {
      'no cookie': undefined,
      garbage: '__Host-session=garbage',
      tampered: `__Host-session=${tamper(value)}`,
      expired: `__Host-session=${mintCookie(ring, past)}`,
      'another ring': `__Host-session=${mintCookie((await newKeys(t)).cookie)}`,
    };
    for (const [name, cookie] of Object.entries(cookies)) {
      const answer = await visit('/orders', cookie, ORDER);
      assert.equal(answer.status, 401, name);
      // Fastify adds a charset.
      assert.match(answer.headers.get('Content-Type'), /^application\/problem\+json(;|$)/);
      assert.equal((await answer.json()).code, 'no_session', name);
      assert.equal(await (await visit('/', cookie)).text(), 'welcome\n', name);
    }
    assert.deepEqual(seen, []);
  });

  test(`${framework}: of two sessions the server makes an end, since nobody can say which was meant`, async (t) => {
    const { server, visit } = await startApp(t);
    const { value } = await logIn(server);
    const other = mintCookie(server.keys().cookie);
    const answer = await visit('/orders', `__Host-session=${value}; __Host-session=${other}`, ORDER);
    assert.equal(answer.status, 401);
    const removed = answer.headers.getSetCookie().filter((line) => /Max-Age=0/.test(line));
    assert.match(removed.join(), /__Host-session=;/);
  });

  test(`${framework}: an authentic cookie of a session that is not live orders nothing`, async (t) => {
    const { server, visit } = await startApp(t);
    const session = await logIn(server);
    await logOut(server, session);
    // Right tag, and never issued: the key alone logs nobody in.
    const minted = `__Host-session=${mintCookie(server.keys().cookie)}`;

    for (const cookie of [session.cookie, minted]) {
      assert.equal(await (await visit('/', cookie)).text(), 'welcome back\n');
      assert.equal((await visit('/orders', cookie, ORDER)).status, 401);
    }
    const again = await logIn(server);
    assert.deepEqual(await (await visit('/orders', again.cookie)).json(), []);
  });

  test(`${framework}: a flood with one dead cookie is no flood on the server, and a log-out counts at once`, async (t) => {
    const { server, visit, seen } = await startApp(t);
    const session = await logIn(server);
    assert.equal((await visit('/orders', session.cookie)).status, 200);
    assert.equal((await visit('/orders', session.cookie)).status, 200);
    assert.equal(seen.length, 2);
    await logOut(server, session);
    for (let round = 0; round < 20; round += 1) {
      assert.equal((await visit('/orders', session.cookie)).status, 401);
    }
    assert.equal(seen.length, 3);
  });

  // R37: none but the cookie.
  test(`${framework}: no header of a client reaches the server or says who somebody is`, async (t) => {
    const { server, visit, seen } = await startApp(t);
    const { cookie } = await logIn(server);
    const headers = {
      authenticSession: '{"ok":true}',
      liveSession: '{"subject":"mallory"}',
      'X-Forwarded-For': '192.0.2.1',
      'X-Session-Subject': 'mallory',
    };

    assert.equal((await visit('/orders', undefined, { ...ORDER, headers })).status, 401);
    const order = { ...ORDER, headers: { ...headers, ...ORDER.headers } };
    assert.equal((await (await visit('/orders', cookie, order)).json()).subject, 'demo');
    for (const name of Object.keys(headers)) {
      assert.equal(seen.at(-1).headers[name.toLowerCase()], undefined, name);
    }
  });

  test(`${framework}: a page that polls counts as no activity`, async (t) => {
    const { server, visit, seen } = await startApp(t);
    const { cookie } = await logIn(server);
    for (const [said, passed] of Object.entries({ passive: 'passive', 'very-active': undefined })) {
      assert.equal((await visit('/orders', cookie, { headers: { 'Session-Activity': said } })).status, 200);
      assert.equal(seen.at(-1).headers['session-activity'], passed);
    }
  });

  // R34: in an application.
  test(`${framework}: an order that another site made is refused`, async (t) => {
    const { server, visit } = await startApp(t);
    const { cookie } = await logIn(server);
    for (const [site, status] of Object.entries({
      'cross-site': 403,
      'same-site': 403,
      'same-origin': 201,
    })) {
      const headers = { ...ORDER.headers, 'Sec-Fetch-Site': site };
      assert.equal((await visit('/orders', cookie, { ...ORDER, headers })).status, status, site);
    }
  });

  // R51: in an application.
  test(`${framework}: any doubt is a 503, which logs nobody out`, async (t) => {
    const { server, visit } = await startApp(t);
    const { cookie } = await logIn(server);
    await server.stop();
    const answer = await visit('/orders', cookie, ORDER);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('Set-Cookie'), null);

    await server.start();
    assert.equal((await visit('/orders', cookie, ORDER)).status, 201);
  });

  test(`${framework}: a server that hangs is away after two seconds`, async (t) => {
    const { server, visit } = await startApp(t);
    const { cookie } = await logIn(server);
    server.freeze();
    assert.equal((await visit('/orders', cookie, ORDER)).status, 503);
    server.thaw();
    assert.equal((await visit('/orders', cookie, ORDER)).status, 201);
  });

  test(`${framework}: an answer about another session than the one that asked is no answer`, async (t) => {
    const server = await startServer(t);
    const [own, other] = [await logIn(server), await logIn(server)];
    const { origin } = await startRecorder(t, () => server.origin, { cookie: other.cookie });
    const url = await listen(t, await create({ keyRing: server.keys().cookie, origin }));
    const status = async ({ cookie }) =>
      (await fetch(`${url}/orders`, { headers: { Cookie: cookie } })).status;
    assert.equal(await status(other), 200);
    assert.equal(await status(own), 503);
  });

  // R8: at edges that have a copy.
  test(`${framework}: keys are rotated without logging anybody out`, async (t) => {
    const former = (await newKeys(t)).cookie;
    const server = await startServer(t);
    const before = await logIn(server);

    // Steps 1 and 2 of the rotation: another key signs, and the old one still verifies.
    const ring = server.keys();
    const next = { ...former.keys[0], kid: 'next' };
    server.writeKeys({ ...ring, cookie: { signing: 'next', keys: [next, ...ring.cookie.keys] } });
    await server.stop();
    await server.start();
    const after = await logIn(server);
    assert.match(after.value, /^v1\.next\./);

    const url = await listen(t, await create({ keyRing: server.keys().cookie, origin: server.origin }));
    for (const { cookie } of [before, after]) {
      assert.equal((await fetch(`${url}/orders`, { headers: { Cookie: cookie } })).status, 200);
    }
  });

  test(`${framework}: an application with bad keys does not start`, async () => {
    for (const keyRing of ['', '{}', undefined]) {
      await assert.rejects(create({ keyRing, origin: 'http://127.0.0.1:1' }), { code: 'invalid_key_ring' });
    }
  });
}
