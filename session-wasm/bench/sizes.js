import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

import { place } from '../tests/hosts/places.js';

const BENCH = place('../../bench');

/** Bytes of each thing that somebody loads, by brotli at its best, minified and without what is not used. */
export async function sizes() {
  const cookie = "export { CookieVerifier } from 'session-wasm/cookie'";
  const statement = "export { StatementVerifier } from 'session-wasm'";
  const jose = "export { importJWK, jwtVerify } from 'jose'";
  return {
    cookie: await bundled(cookie, 'workerd'),
    'cookie, inlined': await bundled(cookie, 'node'),
    statement: await bundled(statement, 'workerd'),
    'statement, inlined': await bundled(statement, 'browser'),
    'jose jwtVerify': await bundled("export { jwtVerify } from 'jose'", 'browser'),
    'jose jwtVerify, importJWK': await bundled(jose, 'browser'),
    'hono getSignedCookie': await bundled("export { getSignedCookie } from 'hono/cookie'", 'browser'),
    'iron-session unsealData': await bundled("export { unsealData } from 'iron-session'", 'browser'),
    '@noble/curves ed25519': await bundled("export { ed25519 } from '@noble/curves/ed25519.js'", 'browser'),
  };
}

/** Each file that comes of it apart, as it is sent. */
async function bundled(contents, condition) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: BENCH },
    bundle: true,
    minify: true,
    treeShaking: true,
    write: false,
    format: 'esm',
    outdir: BENCH,
    // Without it, esbuild takes what `browser` names in the package, which for cookies is nothing.
    platform: condition === 'node' ? 'node' : 'browser',
    conditions: [condition],
    loader: { '.wasm': 'copy' },
    logLevel: 'silent',
  });
  const parts = { js: 0, wasm: 0 };
  for (const { path, contents } of outputFiles) parts[path.split('.').pop()] += brotli(contents);
  return { total: parts.js + parts.wasm, ...parts };
}

function brotli(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}
