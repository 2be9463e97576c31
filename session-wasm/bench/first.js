import { readFileSync, writeFileSync } from 'node:fs';
import cookieSignature from 'cookie-signature';
import { build } from 'esbuild';
import { SignJWT } from 'jose';

import { BUILT, FILES, place } from '../tests/hosts/places.js';
import { output } from '../tests/hosts/program.js';
import { goodCookies } from './contenders/cookies.js';
import { goodStatements } from './contenders/statements.js';

const BENCH = place('../../bench');
const GUEST = `${BENCH}/guests/first.js`;

export const PROCESSES = 15;

/** Milliseconds until the first verdict in fresh processes, one of each kind after the other. */
export async function firstVerdicts() {
  const given = await scene();
  await build({
    stdin: { contents: "export { importJWK, jwtVerify } from 'jose'", resolveDir: BENCH },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    outfile: `${BUILT}/jose.js`,
    logLevel: 'silent',
  });
  writeFileSync(`${FILES}/first.json`, JSON.stringify(given));
  const samples = Object.fromEntries(Object.keys(given).map((name) => [name, []]));
  for (let i = 0; i < PROCESSES; i += 1) {
    for (const [name, took] of Object.entries(samples)) {
      took.push(Number(await output(process.execPath, [GUEST, FILES, name])));
    }
  }
  return samples;
}

async function scene() {
  const vectors = (name) => JSON.parse(readFileSync(`${FILES}/vectors/${name}-v1.json`, 'utf8'));
  const { keys, vectors: cookies } = vectors('cookie');
  const { jwks, issuer, vectors: statements } = vectors('statement');
  const [{ cookie, text, now }] = goodCookies({ vectors: cookies });
  const [{ statement, jwk, now: then }] = goodStatements({ jwks, vectors: statements });
  const secret = keys[0].k;
  const key = new TextEncoder().encode(secret);
  const jwt = await new SignJWT({ sub: text }).setProtectedHeader({ alg: 'HS256' }).sign(key);
  return {
    'session-wasm/cookie': { now, given: { keyRing: { signing: keys[0].kid, keys }, cookie } },
    'cookie-signature': { given: { secret, signed: cookieSignature.sign(text, secret) } },
    'jose HS256': { given: { secret, jwt } },
    'session-wasm/statement': { now: then, given: { jwks, issuer, statement } },
    'jose EdDSA': { now: then, given: { jwk, statement } },
  };
}
