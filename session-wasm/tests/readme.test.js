// What the README shows, run: with a test issuer as the server at whatever address stands there.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { build } from 'esbuild';
import { TestIssuer } from 'session-wasm/testing';

const TESTS = new URL('.', import.meta.url);
// What it says of tool chains is run by the tool chains.
const readme = readFileSync(new URL('../js/README.md', TESTS), 'utf8').replace(
  /^## Tool chains$[\s\S]*?(?=^## )/m,
  '',
);
const blocks = [...readme.matchAll(/^```(jsx?)\n([\s\S]*?)^```$/gm)].map(([, loader, code]) => ({
  loader,
  code,
}));

/** The block as a module, with `given` for what it takes as given, and `exported` of it. */
async function load(t, code, exported, given = {}) {
  globalThis.given = given;
  // Beside the packages that it imports.
  const folder = mkdtempSync(new URL('node_modules/.readme-', TESTS).pathname);
  t.after(() => rmSync(folder, { recursive: true }));
  const file = `${folder}/block.mjs`;
  const names = Object.keys(given);
  const before = names.length > 0 ? `const { ${names.join(', ')} } = globalThis.given;\n` : '';
  const after = exported.length > 0 ? `\nexport { ${exported.join(', ')} };\n` : '';
  writeFileSync(file, before + code + after);
  return import(file);
}

/** A test issuer that answers what is asked of any server but this machine's own, and the way past it. */
function stage(t) {
  const issuer = new TestIssuer();
  const session = issuer.signIn('alice', { claims: { roles: ['admin'] } });
  const real = globalThis.fetch;
  globalThis.fetch = issuer.fetch;
  t.after(() => {
    globalThis.fetch = real;
  });
  return { issuer, real, cookie: issuer.cookieHeader(session) };
}

const request = (cookie, path = '/account') =>
  new Request(`https://app.example${path}`, { headers: cookie ? { Cookie: cookie } : {} });

async function nodeServer(t, listener) {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => listener.close());
  return `http://127.0.0.1:${listener.address().port}`;
}

/** Places an order at a Node server, as somebody and as nobody. */
async function order({ cookie, real }, origin) {
  const place = (headers) => real(`${origin}/orders`, { method: 'POST', headers });
  assert.equal((await (await place({ Cookie: cookie })).json()).orderedBy, 'alice');
  assert.equal((await place({})).status, 401);
}

const RUN = {
  "'session-wasm/express'": async (t, code) => {
    const scene = stage(t);
    const { app } = await load(t, code, ['app']);
    await order(scene, await nodeServer(t, createServer(app)));
  },
  "'session-wasm/fastify'": async (t, code) => {
    const scene = stage(t);
    const { app } = await load(t, code, ['app']);
    await app.ready();
    await order(scene, await nodeServer(t, app.server));
  },
  "'session-wasm/hono'": async (t, code) => {
    const { cookie } = stage(t);
    const { app } = await load(t, code, ['app']);
    assert.deepEqual(await (await app.fetch(request(cookie))).json(), { roles: ['admin'] });
    assert.equal((await app.fetch(request())).status, 401);
  },
  'export default { fetch': async (t, code) => {
    const { cookie } = stage(t);
    const { default: worker } = await load(t, code, []);
    assert.equal(await (await worker.fetch(request(cookie))).text(), 'hello alice');
    assert.equal((await worker.fetch(request())).status, 401);
  },
  'new TestIssuer': async (t, code) => {
    const told = [];
    t.mock.method(console, 'assert', (isSo) => told.push(isSo));
    await load(t, code, []);
    assert.deepEqual(told, [true, true, true]);
  },
  'new StatementVerifier': async (t, code) => {
    const { issuer } = stage(t);
    const statement = issuer.statement(issuer.signIn('alice'));
    t.mock.method(console, 'log', () => {});
    const { verdict } = await load(t, code, ['verdict'], { statement });
    assert.equal(verdict.subject, 'alice');
    assert.match(console.log.mock.calls[0].arguments[0], /^alice, until \d+$/);
  },
  'new CookieVerifier': async (t, code) => {
    const { issuer, cookie } = stage(t);
    const given = { env: { COOKIE_KEYS: JSON.stringify(issuer.keyRing) }, request: request(cookie) };
    assert.equal((await load(t, code, ['verdict'], given)).verdict.ok, true);
  },
  'new LiveVerifier': async (t, code) => {
    const { cookie } = stage(t);
    const { verdict } = await load(t, code, ['verdict'], { request: request(cookie) });
    assert.equal(verdict.subject, 'alice');
  },
};

/** For pages and for Next.js, which `client/` and `examples/` run: here they are built, and no name is missing. */
const BUILT = ["'session-wasm/react'", "'session-wasm/vue'", "'session-wasm/next'", 'session.start()'];

const named = (code, names) => names.filter((name) => code.includes(name));

for (const { loader, code } of blocks) {
  const [ran, built] = [named(code, Object.keys(RUN)), named(code, BUILT)];
  const title = code.split('\n').findLast((line) => /session-wasm|TestIssuer/.test(line));
  test(`the README’s block with \`${title}\` does what it says`, async (t) => {
    assert.equal(ran.length + built.length, 1, 'each block is run or built by one');
    if (ran.length === 1) return RUN[ran[0]](t, code);
    const external = ['react', 'react/jsx-runtime', 'vue', 'next/*'];
    const stdin = { contents: code, loader, resolveDir: TESTS.pathname };
    const jsx = 'automatic';
    const platform = code.includes('/next') ? 'node' : 'browser';
    await build({
      stdin,
      bundle: true,
      write: false,
      format: 'esm',
      jsx,
      external,
      platform,
      logLevel: 'silent',
    });
  });
}

test('every block that stands for something to run is looked at', () => {
  assert.equal(blocks.length, Object.keys(RUN).length + BUILT.length + 1);
  assert.doesNotMatch(readme, /^```(?:javascript|ts|tsx|typescript|vue|html)$/m);
});
