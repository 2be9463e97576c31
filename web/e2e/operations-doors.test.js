// What stands open at the management's listener: the files of its view, and nothing else.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { logIn } from '../../testing/server.js';
import { startManaged, TOKEN } from './managed.js';

const built = (folder) => fileURLToPath(new URL(`../../session-http/${folder}/`, import.meta.url));
const filesOf = (folder) =>
  readdirSync(built(folder), { recursive: true }).filter((name) => statSync(built(folder) + name).isFile());
const isIndex = (name) => name.endsWith('.html');

/** Bytes: what comes over a slow line while something is on fire. */
const LIMIT = 15_000;

test('the files of the view are for anybody, the same for everybody, and tell nothing', async (t) => {
  const { server, management } = await startManaged(t);
  const device = await logIn(server);
  const files = filesOf('operations');
  assert.ok(files.length >= 4);
  for (const name of files) {
    const path = isIndex(name) ? '/' : `/${name}`;
    const answer = await fetch(management.origin + path);
    assert.equal(answer.status, 200, path);
    const body = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual(body, readFileSync(built('operations') + name), path);
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    const again = await management.ask(path);
    assert.deepEqual(Buffer.from(await again.arrayBuffer()), body, 'with a token too');
    for (const secret of [TOKEN, 'office', device.view.session_id]) assert.ok(!body.includes(secret));
  }
  const policy = (await fetch(management.origin)).headers.get('content-security-policy');
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
  for (const rule of [
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "trusted-types 'none'",
  ])
    assert.ok(policy.includes(rule), rule);
  assert.ok(!policy.includes('unsafe') && !policy.includes('http'), policy);
});

test('nothing else opens without a token, by whatever method', async (t) => {
  const { server, management } = await startManaged(t);
  const device = await logIn(server);
  const document = await (await management.ask('/openapi.json')).json();
  const paths = Object.keys(document.paths).map((path) =>
    path.replace('{subject}', 'demo').replace('{session_id}', device.view.session_id),
  );
  assert.ok(paths.includes('/metrics') && paths.length >= 6);
  for (const path of paths) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(management.origin + path, { method });
      assert.equal(answer.status, 401, `${method} ${path}`);
    }
  }
  for (const path of [
    '/operations.html',
    '/index.html',
    '/login',
    '/session',
    '/assets',
    '/assets/',
    '/livez',
  ]) {
    assert.equal((await fetch(management.origin + path)).status, 404, path);
  }
  for (const path of ['/assets/../metrics', '/assets/%2e%2e/metrics', '/assets/..%2fmetrics', '//metrics'])
    assert.notEqual((await fetch(management.origin + path)).status, 200, path);
  assert.equal((await fetch(management.origin, { method: 'POST' })).status, 405);
  assert.equal(await device.ask('/session').then(({ status }) => status), 200);
});

test('the public listener has nothing of the view, and the view nothing of the page', async (t) => {
  const { server, management } = await startManaged(t);
  const [ofView, ofPage] = [filesOf('operations'), filesOf('page')];
  for (const name of ofView.filter((file) => !ofPage.includes(file))) {
    assert.equal((await fetch(`${server.origin}/${name}`)).status, 404, name);
  }
  for (const name of ofPage.filter((file) => !ofView.includes(file))) {
    assert.equal((await fetch(`${management.origin}/${name}`)).status, 404, name);
  }
  const page = await (await fetch(server.origin)).text();
  assert.ok(!page.includes('operations'), 'the page loads nothing of it');
  const view = await (await fetch(management.origin)).text();
  assert.notEqual(view, page);
});

test('the view is at most 15 kB after brotli', (t) => {
  const sizes = filesOf('operations').map((name) => {
    const size = brotliCompressSync(readFileSync(built('operations') + name)).length;
    t.diagnostic(`${String(size).padStart(6)}  ${name}`);
    return size;
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(total <= LIMIT, `${total} bytes`);
});
