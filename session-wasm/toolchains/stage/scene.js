// Keys, and what was made with them: a good and a forged one of each kind, at the time of the test.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { mintCookie, mintStatement, tamper } from '../../examples/stage/mint.js';

export const ISSUER = 'https://app.example';

export function newScene() {
  const k = randomBytes(32).toString('base64url');
  const keyRing = { signing: 'c1', keys: [{ kty: 'oct', kid: 'c1', alg: 'HS256', k }] };
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const named = (key) => ({ ...key.export({ format: 'jwk' }), kid: 's1', alg: 'EdDSA', use: 'sig' });
  const statementRing = { signing: 's1', keys: [named(privateKey)] };
  const cookie = mintCookie(keyRing);
  const statement = mintStatement(statementRing, {
    issuer: ISSUER,
    sub: 'alice',
    claims: { name: 'Ünï 🔑' },
  });
  return {
    issuer: ISSUER,
    keyRing,
    jwks: { keys: [named(publicKey)] },
    cookies: [cookie, tamper(cookie)],
    statements: [statement, tamper(statement)],
  };
}

/** What trusted code has to make of the scene. */
export function assertVerdicts({ cookies, statements }, scene) {
  const [good, forged] = cookies;
  const [, , sessionId] = scene.cookies[0].split('.');
  assert.deepEqual([good.ok, good.sessionId], [true, sessionId]);
  assert.deepEqual(forged, { ok: false, reason: 'bad_tag' });
  assertStatements(statements);
}

export function assertStatements([good, forged]) {
  assert.deepEqual([good.ok, good.subject], [true, 'alice']);
  assert.deepEqual(forged, { ok: false, reason: 'bad_signature' });
}
