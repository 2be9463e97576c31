// The whole page as it travels: HTML, styles, scripts, the WebAssembly module inside one of them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

/** Bytes. */
const LIMIT = 60_000;
const DIST = fileURLToPath(new URL('../../session-http/page/', import.meta.url));
const BEST = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

test('the whole page is at most 60 kB after brotli', (t) => {
  const files = readdirSync(DIST, { recursive: true }).filter((name) => statSync(DIST + name).isFile());
  const sizes = files.map((name) => brotliCompressSync(readFileSync(DIST + name), BEST).length);
  files.forEach((name, place) => {
    t.diagnostic(`${String(sizes[place]).padStart(6)}  ${name}`);
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  t.diagnostic(`${String(total).padStart(6)}  together`);
  assert.ok(files.length >= 4, 'the page has been built');
  assert.ok(total <= LIMIT, `${total} bytes`);
});
