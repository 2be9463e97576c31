import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

import { TESTS } from './hosts/places.js';

/** Bytes by brotli at its best, of the module and its JavaScript, minified and without what is not used. */
const LIMITS = { cookie: 10_800, statement: 23_600 };
const USES = {
  cookie: "export { CookieVerifier } from 'session-wasm/cookie'",
  statement: "export { StatementVerifier } from 'session-wasm'",
};

for (const [name, limit] of Object.entries(LIMITS)) {
  for (const condition of ['workerd', name === 'cookie' ? 'node' : 'browser']) {
    test(`the ${name} module with its JavaScript is within ${limit} bytes, as for ${condition}`, async () => {
      const total = await bundled(USES[name], condition);
      assert.ok(total <= limit, `${total} bytes`);
      // Nothing that does the work could be so small.
      assert.ok(total > limit / 4, `${total} bytes`);
    });
  }
}

/** What an adapter and a hook are beside the modules and frameworks that they use. */
const ALONE = {
  "export { requireAuthentic } from 'session-wasm/fetch'": 3000,
  "export { requireLive } from 'session-wasm/fetch'": 3500,
  "export { useSession } from 'session-wasm/react'": 500,
  "export { useSession } from 'session-wasm/vue'": 500,
};
for (const [contents, limit] of Object.entries(ALONE)) {
  test(`${contents} is within ${limit} bytes beside what it uses`, async () => {
    const external = ['./cookie.*', './statement.*', 'react', 'vue'];
    const total = await bundled(contents, contents.includes('fetch') ? 'workerd' : 'browser', external);
    assert.ok(total <= limit, `${total} bytes`);
    assert.ok(total > limit / 4, `${total} bytes`);
  });
}

test('whoever asks the server loads no module, and whoever checks cookies not that for statements', async () => {
  const loaded = async (contents) => {
    const files = await outputs(contents, 'workerd');
    const names = files.map(({ path }) => /(\w+)[\w-]*\.wasm$/.exec(path)?.[1]);
    return names.filter((name) => name !== undefined).map((name) => name.split('-')[0]);
  };
  assert.deepEqual(await loaded("export { requireLive } from 'session-wasm/fetch'"), []);
  assert.deepEqual(await loaded("export { requireAuthentic } from 'session-wasm/fetch'"), ['cookie']);
  assert.deepEqual(await loaded("export { requireCurrent } from 'session-wasm/fetch'"), ['statement']);
});

async function bundled(contents, condition, external = []) {
  return (await outputs(contents, condition, external)).reduce(
    (sum, { contents }) => sum + brotli(contents),
    0,
  );
}

async function outputs(contents, condition, external = []) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: TESTS },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    outdir: TESTS,
    platform: condition === 'node' ? 'node' : 'browser',
    conditions: [condition],
    loader: { '.wasm': 'copy' },
    logLevel: 'silent',
    external,
  });
  return outputFiles;
}

function brotli(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}

test('tools that ask for its package.json find it', () => {
  const require = createRequire(import.meta.url);
  assert.equal(require('session-wasm/package.json').name, 'session-wasm');
});
