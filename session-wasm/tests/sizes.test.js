import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

import { TESTS } from './hosts/places.js';

/** Bytes by brotli at its best, of the module and its JavaScript, minified and without what is not used. */
const LIMITS = { cookie: 10_500, statement: 23_000 };
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

async function bundled(contents, condition) {
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
  });
  return outputFiles.reduce((sum, { contents }) => sum + brotli(contents), 0);
}

function brotli(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}

test('tools that ask for its package.json find it', () => {
  const require = createRequire(import.meta.url);
  assert.equal(require('session-wasm/package.json').name, 'session-wasm');
});
