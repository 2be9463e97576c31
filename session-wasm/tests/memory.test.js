import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeUnverified as decodeStatement, StatementVerifier } from 'session-wasm';
import { CookieVerifier, decodeUnverified as decodeCookie } from 'session-wasm/cookie';

import { VECTORS } from './hosts/places.js';
import { pages } from './suite/memory.js';

const vectors = (name) => JSON.parse(readFileSync(`${VECTORS}/${name}-v1.json`, 'utf8'));

/** Until each buffer has its size. */
const FIRST_ROUNDS = 500;
/** What is lost in each, be it 16 bytes, is more than a page after so many. */
const ROUNDS = 10_000;

function beforeAndAfter(module, round) {
  for (let i = 0; i < FIRST_ROUNDS; i += 1) round();
  const before = pages(module);
  for (let i = 0; i < ROUNDS; i += 1) round();
  return [before, pages(module)];
}

// R60: of ten thousand rounds, good and bad.
test('verifying cookies does not make memory grow', () => {
  const { keys, vectors: cookies } = vectors('cookie');
  const verifier = new CookieVerifier({ keyRing: { signing: keys[0].kid, keys } });
  const [before, after] = beforeAndAfter('cookie', () => {
    for (const { cookie, now } of cookies) {
      verifier.verify(cookie, now);
      verifier.verify(`theme=dark; __Host-session=${cookie}; __Host-session=${cookie}`, now);
      decodeCookie(cookie);
    }
  });
  assert.equal(after, before);
});

// R60: likewise.
test('verifying statements and learning revocations does not make memory grow', () => {
  const { issuer, jwks, vectors: statements } = vectors('statement');
  const { vectors: feeds } = vectors('revocations');
  const verifier = new StatementVerifier({ issuer, jwks });
  let i = 0;
  const [before, after] = beforeAndAfter('statement', () => {
    i += 1;
    const { statement, now } = statements[i % statements.length];
    verifier.verify(statement, now);
    decodeStatement(statement);
    const { feed, now: then } = feeds[i % feeds.length];
    verifier.useRevocations(feed, then);
    verifier.useKeys(jwks);
  });
  assert.equal(after, before);
});

/** Makes verifiers that nobody keeps, in so many generations, each of which is collected. */
async function generations(count, make) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < 200; j += 1) make();
    collect();
    await turn();
  }
}

for (const [module, make] of Object.entries({
  cookie: () => new CookieVerifier({ keyRing: { signing: 'c1', keys: vectors('cookie').keys } }),
  statement: () => new StatementVerifier(vectors('statement')),
})) {
  test(`verifiers that are gone leave no keys in the ${module} module`, async () => {
    await generations(5, make);
    const before = pages(module);
    await generations(20, make);
    // What one generation holds may be there twice, while it waits to be collected.
    assert.ok(pages(module) <= before + 2, `${before} pages became ${pages(module)}`);
  });
}
