// In a process of its own: how long until the first verdict, import included. jose is one file, which
// suits it: as installed, it is dozens of them.

import { readFileSync } from 'node:fs';
import process from 'node:process';

const [files, subject] = process.argv.slice(2);
const { now, given } = JSON.parse(readFileSync(`${files}/first.json`, 'utf8'))[subject];

const subjects = {
  'session-wasm/cookie': async () => {
    const { CookieVerifier } = await import('session-wasm/cookie');
    return new CookieVerifier({ keyRing: given.keyRing }).verify(given.cookie, now).ok;
  },
  'session-wasm/statement': async () => {
    const { StatementVerifier } = await import('session-wasm/statement');
    return new StatementVerifier({ jwks: given.jwks, issuer: given.issuer }).verify(given.statement, now).ok;
  },
  'jose EdDSA': async () => {
    const { importJWK, jwtVerify } = await import(`${files}/built/jose.js`);
    return jwtVerify(given.statement, await importJWK(given.jwk, 'EdDSA'), {
      currentDate: new Date(now * 1000),
    });
  },
  'jose HS256': async () => {
    const { jwtVerify } = await import(`${files}/built/jose.js`);
    return jwtVerify(given.jwt, new TextEncoder().encode(given.secret));
  },
  'cookie-signature': async () => {
    const { unsign } = (await import('cookie-signature')).default;
    return unsign(given.signed, given.secret);
  },
};

const start = performance.now();
const good = await subjects[subject]();
const took = performance.now() - start;
if (!good) throw new Error(`${subject} refused what is good`);
console.log(took);
