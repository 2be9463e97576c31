import module from '#cookie.wasm';
import { Channel } from './channel.js';
import { CookieKeys, initSync } from './cookie.glue.js';
import { instantiate, MisuseError, text, wholeSeconds } from './misuse.js';

export { MisuseError };

const REFUSED_RINGS = {
  invalid_cookie_name: 'cookieName: expected `__Host-` and a token, together at most 64 characters',
  invalid_key_id: 'key ID: expected 1 to 32 characters of A-Z, a-z, 0-9, `_` and `-`',
  invalid_key: 'k: expected canonical base64url',
  weak_key: 'k: expected at least 32 random bytes',
  repeated_key: 'keys: expected each key ID once',
  signing_key_not_listed: 'signing: expected one of the listed keys',
};

const ID_LENGTH = 22;
const ISSUED_AT = 0;
const EXPIRES_AT = 1;
const KEY = 2;

const refused = (reason) => ({ ok: false, reason });

export class CookieVerifier {
  #keys;
  #channel;
  #keyIds;

  constructor({ keyRing, cookieName = '__Host-session' }) {
    const { signing, keys } = cookiePart(keyRing);
    const lines = [text(cookieName, 'invalid_key_ring', 'cookieName'), signing];
    for (const { kid, k } of keys) lines.push(kid, k);
    [this.#keys, this.#channel] = open();
    const answer = this.#keys.load(this.#channel.write(lines.join('\n')));
    if (answer < 0) {
      throw new MisuseError('invalid_key_ring', REFUSED_RINGS[this.#channel.text(-answer)]);
    }
    this.#keyIds = keys.map((key) => key.kid);
  }

  verify(cookie, nowSeconds) {
    const now = wholeSeconds(nowSeconds);
    if (cookie === undefined || cookie === null) return refused('absent');
    const header = text(cookie, 'invalid_cookie', 'a Cookie header or a cookie value');
    const channel = this.#channel;
    const answer = this.#keys.verify(channel.write(header), now);
    if (answer < 0) return refused(channel.text(-answer));
    return {
      ok: true,
      sessionId: channel.sessionId(),
      issuedAt: channel.number(ISSUED_AT),
      expiresAt: channel.number(EXPIRES_AT),
      keyId: this.#keyIds[channel.number(KEY)],
    };
  }
}

let decoding;

export function decodeUnverified(cookie) {
  const value = text(cookie, 'invalid_cookie', 'a cookie value');
  decoding ??= open();
  const [keys, channel] = decoding;
  const answer = keys.decode(channel.write(value));
  if (answer < 0) return { reason: channel.text(-answer) };
  const ids = channel.text(answer);
  return {
    unverified: {
      sessionId: ids.slice(0, ID_LENGTH),
      issuedAt: channel.number(ISSUED_AT),
      expiresAt: channel.number(EXPIRES_AT),
      keyId: ids.slice(ID_LENGTH),
    },
  };
}

function open() {
  const { memory } = instantiate(initSync, module);
  const keys = new CookieKeys();
  return [keys, new Channel(keys, memory)];
}

/** Text is taken too: that is what a Worker's secret or an environment variable holds. */
function cookiePart(keyRing) {
  let part = keyRing;
  try {
    if (typeof part === 'string') part = JSON.parse(part);
  } catch {
    part = undefined;
  }
  // Lines are how they get to WebAssembly.
  const isLine = (value) => typeof value === 'string' && !value.includes('\n');
  const isKey = (key) => key?.kty === 'oct' && key.alg === 'HS256' && isLine(key.kid) && isLine(key.k);
  if (Array.isArray(part?.keys) && part.keys.every(isKey) && isLine(part.signing)) return part;
  throw new MisuseError(
    'invalid_key_ring',
    'expected the `cookie` part of a key ring: { signing, keys: [{ kty: "oct", kid, alg: "HS256", k }] }',
  );
}
