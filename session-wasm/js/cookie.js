import * as module from '#cookie.wasm';
import { Channel } from './channel.js';
import * as glue from './cookie.glue.js';
import { whenGone } from './gone.js';
import { instantiate } from './instantiate.js';
import { MisuseError, text, wholeSeconds } from './misuse.js';
import { Remembered } from './remembered.js';
import { unverifiedCookie } from './unverified-cookie.js';

export { MisuseError };

const REFUSED_RINGS = {
  invalid_cookie_name: 'cookieName: expected `__Host-` and a token, together at most 64 characters',
  invalid_key_id: 'key ID: expected 1 to 32 characters of A-Z, a-z, 0-9, `_` and `-`',
  invalid_key: 'k: expected canonical base64url',
  weak_key: 'k: expected at least 32 random bytes',
  repeated_key: 'keys: expected each key ID once',
  signing_key_not_listed: 'signing: expected one of the listed keys',
};

/** Where `verify` leaves them. */
const ISSUED_AT = 0;
const EXPIRES_AT = 8;
const KEY = 16;

const { decode, judgeAgain, load, verify } = glue;

const refused = (reason) => ({ ok: false, reason });

export class CookieVerifier {
  #keys;
  #keyIds;
  #start;
  #remembered;

  constructor({ keyRing, cookieName = '__Host-session', remember }) {
    this.#remembered = new Remembered(remember);
    const { signing, keys } = cookiePart(keyRing);
    const lines = [text(cookieName, 'invalid_key_ring', 'cookieName'), signing];
    for (const { kid, k } of keys) lines.push(kid, k);
    const answer = load(begin().write(lines.join('\n')));
    if (answer < 0) throw new MisuseError('invalid_key_ring', REFUSED_RINGS[channel.text(-answer)]);
    this.#keys = answer;
    this.#keyIds = keys.map((key) => key.kid);
    this.#start = `${cookieName}=`;
    gone.register(this, answer);
  }

  verify(cookie, nowSeconds) {
    const now = wholeSeconds(nowSeconds);
    if (cookie === undefined || cookie === null) return refused('absent');
    const header = text(cookie, 'invalid_cookie', 'a Cookie header or a cookie value');
    const known = this.#remembered.find(header);
    if (known !== undefined) {
      const answer = judgeAgain(known.issuedAt, known.expiresAt, now);
      return answer < 0 ? refused(channel.text(-answer)) : { ...known };
    }
    const answer = verify(this.#keys, channel.write(header), now);
    if (answer < 0) return refused(channel.text(-answer));
    const numbers = channel.numbers();
    const verdict = {
      ok: true,
      sessionId: channel.sessionId(),
      issuedAt: numbers.getFloat64(ISSUED_AT, true),
      expiresAt: numbers.getFloat64(EXPIRES_AT, true),
      keyId: this.#keyIds[numbers.getFloat64(KEY, true)],
    };
    // Of two with this name, another may be the good one at another time.
    if (header.indexOf(this.#start) === header.lastIndexOf(this.#start)) {
      this.#remembered.keep(header, { ...verdict });
    }
    return verdict;
  }
}

export function decodeUnverified(cookie) {
  const value = text(cookie, 'invalid_cookie', 'a cookie value');
  const answer = decode(begin().write(value));
  return unverifiedCookie(channel, answer);
}

let channel;

/** Nobody can ask verifiers any more that are not there: their keys can go as well. */
const gone = whenGone(glue.release);

function begin() {
  channel ??= new Channel(glue.reserve, instantiate(glue.__wbg_set_wasm, module).memory);
  return channel;
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
