import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, logOut, startServer } from '../../testing/server.js';
import { startRecorder } from './stage/front.js';
import { tamper } from './stage/mint.js';
import { buildNext, startNext } from './stage/next.js';
import { until } from './stage/until.js';

const withStatement = (statement) => `__Host-session-statement=${statement}`;

/** Next.js takes minutes to build on a machine that has other work. */
const timeout = 600_000;

test('next: the proxy, a server component and a route handler know who is there', { timeout }, async (t) => {
  const folder = await buildNext(t);

  async function startApp(t) {
    let server;
    const front = await startRecorder(t, () => server.origin);
    server = await startServer(t, `--public-origin=${front.origin}`);
    const url = await startNext(t, folder, { ISSUER: front.origin });
    const visit = (path, cookie, { headers, ...options } = {}) =>
      fetch(url + path, {
        redirect: 'manual',
        ...options,
        headers: { Accept: 'text/html', ...headers, ...(cookie && { Cookie: cookie }) },
      });
    const asked = (path) => front.seen.filter(({ url }) => url === path).length;
    return { server, visit, asked };
  }

  await t.test('a current session gets the page, which knows whose it is', async (t) => {
    const { server, visit, asked } = await startApp(t);
    const { statement } = await logIn(server);
    const page = await visit('/account', withStatement(statement));
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<p id="who">account of demo<\/p>/);
    assert.equal(asked('/session'), 0);
  });

  await t.test('everybody else is led to the sign-in, and back', async (t) => {
    const { server, visit } = await startApp(t);
    const { statement, cookie } = await logIn(server);
    for (const sent of [undefined, withStatement('garbage'), withStatement(tamper(statement))]) {
      const answer = await visit('/account?page=2', sent);
      assert.equal(answer.status, 303);
      assert.match(answer.headers.get('Location'), /\/login\?next=%2Faccount%3Fpage%3D2$/);
      const byProgram = await visit('/account', sent, { headers: { Accept: 'application/json' } });
      assert.equal(byProgram.status, 401);
    }
    const session = { cookie };
    await logOut(server, session);
    await until(async () => (await visit('/account', withStatement(statement))).status === 303);
  });

  await t.test('what changes something is for live sessions, by the server’s word', async (t) => {
    const { server, visit, asked } = await startApp(t);
    const session = await logIn(server);
    const order = { method: 'POST' };
    const placed = await visit('/orders', session.cookie, order);
    assert.deepEqual([placed.status, await placed.json()], [201, { orderedBy: 'demo' }]);
    assert.equal((await visit('/orders', session.cookie, order)).status, 201);
    // Nothing of it was kept by Next.js.
    assert.equal(asked('/session'), 2);
    await logOut(server, session);
    assert.equal((await visit('/orders', session.cookie, order)).status, 401);
    assert.equal((await visit('/orders', undefined, order)).status, 401);
  });

  await t.test('while the issuer is away nobody is let in, and nobody is a stranger', async (t) => {
    const { server, visit } = await startApp(t);
    const session = await logIn(server);
    await server.stop();
    assert.equal((await visit('/account', withStatement(session.statement))).status, 503);
    assert.equal((await visit('/orders', session.cookie, { method: 'POST' })).status, 500);
  });
});
