import module from '#cookie.wasm';
import { CookieKeys, initSync } from './cookie.glue.js';
import { construct, MisuseError, wholeSeconds } from './misuse.js';
import { refused } from './verdicts.js';

export { MisuseError };

export class CookieVerifier {
  #keys;

  constructor({ keyRing, cookieName = '__Host-session' }) {
    const { signing, keys } = cookiePart(keyRing);
    initSync({ module });
    this.#keys = construct(
      'invalid_key_ring',
      () =>
        new CookieKeys(
          cookieName,
          keys.map((key) => key.kid),
          keys.map((key) => key.k),
          signing,
        ),
    );
  }

  verify(cookie, nowSeconds) {
    const now = wholeSeconds(nowSeconds);
    if (cookie === undefined || cookie === null) return refused('absent');
    if (typeof cookie === 'string') return this.#keys.verify(cookie, now);
    throw new MisuseError('invalid_cookie', 'expected a Cookie header or a cookie value as a string');
  }
}

/** Text is taken too: that is what a Worker's secret or an environment variable holds. */
function cookiePart(keyRing) {
  let part = keyRing;
  try {
    if (typeof part === 'string') part = JSON.parse(part);
  } catch {
    part = undefined;
  }
  const texts = (...values) => values.every((value) => typeof value === 'string');
  const isKey = (key) => key?.kty === 'oct' && key.alg === 'HS256' && texts(key.kid, key.k);
  if (Array.isArray(part?.keys) && part.keys.every(isKey) && texts(part.signing)) return part;
  throw new MisuseError(
    'invalid_key_ring',
    'expected the `cookie` part of a key ring: { signing, keys: [{ kty: "oct", kid, alg: "HS256", k }] }',
  );
}
