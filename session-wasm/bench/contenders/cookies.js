import { generateSignedCookie, getSignedCookie } from 'hono/cookie';
import { sealData, unsealData } from 'iron-session';
import { jwtVerify, SignJWT } from 'jose';

import { decode, encode } from './base64url.js';

const NAME = '__Host-session';
const HEADER_LENGTH = 1024;

export const OURS = 'session-wasm';
export const OURS_IN_A_HEADER = 'session-wasm, Cookie header of 1 kB';
export const OURS_AGAIN = 'session-wasm, seen again';

const { subtle } = globalThis.crypto;
const encoder = new TextEncoder();

/** The cookies of the vectors that are good, with the texts that their tags are over. */
export function goodCookies({ vectors }) {
  const good = vectors.filter(({ name }) => name.startsWith('valid '));
  return good.map(({ cookie, now }) => ({ cookie, now, text: cookie.slice(0, cookie.lastIndexOf('.')) }));
}

export function ours({ CookieVerifier }, { keys }, good) {
  const keyRing = { signing: keys[0].kid, keys };
  const verifier = new CookieVerifier({ keyRing, remember: 0 });
  const remembering = new CookieVerifier({ keyRing });
  const headers = good.map(({ cookie }) => header(cookie));
  const at = (i) => i % good.length;
  return [
    { name: OURS, verify: (i) => verifier.verify(good[at(i)].cookie, good[at(i)].now).ok },
    { name: OURS_IN_A_HEADER, verify: (i) => verifier.verify(headers[at(i)], good[at(i)].now).ok },
    { name: OURS_AGAIN, verify: (i) => remembering.verify(good[at(i)].cookie, good[at(i)].now).ok },
  ];
}

/** The session cookie in the middle of many others. */
function header(cookie) {
  const pair = `${NAME}=${cookie}; `;
  const others = Array.from({ length: 64 }, (_, i) => `name${i}=value-${'x'.repeat(i % 16)}; `).join('');
  const half = Math.floor((HEADER_LENGTH - pair.length) / 2);
  return `${others.slice(0, half - 2)}; ${pair}${others}`.slice(0, HEADER_LENGTH);
}

/**
 * Peers that need nothing but WebCrypto. Each verifies the text that our tag is over, with a key that
 * it was given before if it can hold one; jose a JWT of the same session ID and times.
 */
export async function portable(good) {
  const secret = globalThis.crypto.getRandomValues(new Uint8Array(32));
  const password = encode(secret);
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await subtle.importKey('raw', secret, algorithm, false, ['sign', 'verify']);
  const tag = async ({ text }) => `${text}.${encode(await subtle.sign('HMAC', key, encoder.encode(text)))}`;
  const tagged = await Promise.all(good.map(tag));
  const jwts = await Promise.all(good.map((one) => jwt(key, one)));
  const contexts = await Promise.all(good.map(({ text }) => honoContext(text, password)));
  const seals = await Promise.all(good.map(({ text }) => sealData({ text }, { password })));
  const at = (i) => i % good.length;
  return [
    { name: 'WebCrypto HMAC', isAsync: true, verify: (i) => verifyTag(key, tagged[at(i)]) },
    { name: 'jose HS256', isAsync: true, verify: (i) => jwtVerify(jwts[at(i)], key) },
    { name: 'hono', isAsync: true, verify: (i) => getSignedCookie(contexts[at(i)], password, NAME) },
    {
      name: 'iron-session',
      isAsync: true,
      verify: async (i) => (await unsealData(seals[at(i)], { password })).text,
    },
  ];
}

function verifyTag(key, value) {
  const dot = value.lastIndexOf('.');
  return subtle.verify('HMAC', key, decode(value.slice(dot + 1)), encoder.encode(value.slice(0, dot)));
}

const jwt = (key, { text }) =>
  new SignJWT({ sid: text.split('.')[2] })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(key);

/** The part of a context that hono reads. A page may not make a request with a cookie of its choice. */
async function honoContext(text, password) {
  const [pair] = (await generateSignedCookie(NAME, text, password, { path: '/', secure: true })).split(';');
  return { req: { raw: { headers: new Headers({ Cookie: pair }) } } };
}
