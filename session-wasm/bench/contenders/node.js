// Peers that need what Node.js has, and Deno and Bun with it.

import { Buffer } from 'node:buffer';
import {
  createHmac,
  createPublicKey,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import cookieSignature from 'cookie-signature';

export const COOKIE_SIGNATURE = 'cookie-signature';

export function cookies(good) {
  const secret = randomBytes(32);
  const key = createSecretKey(secret);
  const password = secret.toString('base64url');
  const tag = (text) => createHmac('sha256', key).update(text).digest();
  const tagged = good.map(({ text }) => `${text}.${tag(text).toString('base64url')}`);
  const signed = good.map(({ text }) => cookieSignature.sign(text, password));
  const at = (i) => i % good.length;
  return [
    { name: COOKIE_SIGNATURE, verify: (i) => cookieSignature.unsign(signed[at(i)], password) },
    {
      name: 'node:crypto HMAC',
      verify: (i) => {
        const dot = tagged[at(i)].lastIndexOf('.');
        const itsTag = Buffer.from(tagged[at(i)].slice(dot + 1), 'base64url');
        return timingSafeEqual(tag(tagged[at(i)].slice(0, dot)), itsTag);
      },
    },
  ];
}

export function statements(good) {
  const keys = good.map(({ jwk }) => createPublicKey({ key: jwk, format: 'jwk' }));
  const points = good.map(({ jwk }) => Buffer.from(jwk.x, 'base64url'));
  const read = ({ text, signature }) => [Buffer.from(text), Buffer.from(signature, 'base64url')];
  const at = (i) => i % good.length;
  return [
    {
      name: 'node:crypto Ed25519',
      verify: (i) => {
        const [text, signature] = read(good[at(i)]);
        return verify(null, text, keys[at(i)], signature);
      },
    },
    {
      name: '@noble/curves',
      verify: (i) => {
        const [text, signature] = read(good[at(i)]);
        return ed25519.verify(signature, text, points[at(i)]);
      },
    },
  ];
}
