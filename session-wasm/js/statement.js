import module from '#statement.wasm';
import { Channel } from './channel.js';
import { instantiate, MisuseError, text, wholeSeconds } from './misuse.js';
import { Refresh } from './refresh.js';
import { initSync, StatementKeys } from './statement.glue.js';

export { MisuseError };

const KEYS_COOLDOWN = 60;
const REVOCATIONS_INTERVAL = 5;

const ID_LENGTH = 22;

const REFUSED_KEYS = {
  malformed: 'expected a JWK Set: { keys: [{ kty: "OKP", crv: "Ed25519", kid, x }] }',
  invalid_key: 'expected the `x` of every Ed25519 key to be canonical base64url of a public key',
  repeated_key: 'expected each key ID once',
};

const refused = (reason) => ({ ok: false, reason });

export class StatementVerifier {
  #keys;
  #channel;
  #keyRefresh;
  #revocationRefresh;

  constructor({ issuer, jwks, jwksUrl, revocationsUrl, fetch = globalThis.fetch.bind(globalThis) }) {
    [this.#keys, this.#channel] = open();
    this.#keys.expect(this.#channel.write(text(issuer, 'invalid_issuer', 'the issuer')));
    if (jwks !== undefined) this.useKeys(jwks);
    const get = (url, read) => async (signal) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new RefreshError(`${url} answered with status ${response.status}`);
      read(await response.text());
    };
    const keysUrl = jwksUrl ?? `${issuer}/.well-known/jwks.json`;
    const feedUrl = revocationsUrl ?? `${issuer}/.well-known/session-revocations`;
    this.#keyRefresh = new Refresh(
      get(keysUrl, (body) => this.useKeys(body)),
      KEYS_COOLDOWN,
    );
    this.#revocationRefresh = new Refresh(
      get(feedUrl, (body) => {
        const verdict = this.useRevocations(body);
        if (!verdict.ok) throw new RefreshError(`the revocation feed is refused: ${verdict.reason}`);
      }),
      REVOCATIONS_INTERVAL,
    );
  }

  verify(statement, nowSeconds) {
    const now = wholeSeconds(nowSeconds);
    if (statement === undefined || statement === null) return refused('absent');
    const channel = this.#channel;
    const answer = this.#keys.verify(channel.write(text(statement, 'invalid_statement', 'a statement')), now);
    if (answer < 0) return refused(channel.text(-answer));
    const checkedAt = channel.number(0);
    return {
      ok: true,
      ...read(channel.text(answer)),
      revocationCheckedAt: checkedAt < 0 ? null : checkedAt,
      current: channel.number(1) === 1,
    };
  }

  useKeys(jwks) {
    const set = typeof jwks === 'string' ? jwks : String(JSON.stringify(jwks));
    const answer = this.#keys.load(this.#channel.write(set));
    if (answer < 0) throw new MisuseError('invalid_jwks', REFUSED_KEYS[this.#channel.text(-answer)]);
  }

  useRevocations(feed, nowSeconds) {
    const now = wholeSeconds(nowSeconds);
    const channel = this.#channel;
    const answer = this.#keys.learn(channel.write(text(feed, 'invalid_feed', 'a revocation feed')), now);
    if (answer < 0) return refused(channel.text(-answer));
    return { ok: true, issuedAt: channel.number(0), expiresAt: channel.number(1) };
  }

  refreshKeys() {
    return this.#keyRefresh.run();
  }

  refreshRevocations() {
    return this.#revocationRefresh.run();
  }

  async verifyCurrent(statement, nowSeconds) {
    let verdict = this.verify(statement, nowSeconds);
    if (verdict.reason === 'unknown_key' && (await succeeds(this.#keyRefresh))) {
      verdict = this.verify(statement, nowSeconds);
    }
    if (verdict.ok && this.#revocationRefresh.age >= REVOCATIONS_INTERVAL) {
      await succeeds(this.#revocationRefresh);
      verdict = this.verify(statement, nowSeconds);
    }
    return verdict.ok && !verdict.current ? refused('revocations_unknown') : verdict;
  }
}

/** The keys or the feed could not be had; what is held stays as it is. */
class RefreshError extends Error {
  name = 'RefreshError';
}

const succeeds = (refresh) => refresh.run().catch(() => false);

let decoding;

export function decodeUnverified(statement) {
  const value = text(statement, 'invalid_statement', 'a statement');
  decoding ??= open();
  const [keys, channel] = decoding;
  const answer = keys.decode(channel.write(value));
  return answer < 0 ? { reason: channel.text(-answer) } : { unverified: read(channel.text(answer)) };
}

export function decodeCookieUnverified(cookie, cookieName = '__Host-session') {
  const header = text(cookie, 'invalid_cookie', 'a Cookie header or a cookie value');
  const start = `${text(cookieName, 'invalid_cookie', 'the name of the cookie')}=`;
  const isValue = header.startsWith('v1.') || !header.includes('=');
  const pairs = header.split(';').map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''));
  const named = pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length));
  return (isValue ? [header] : named).map(decodeCookie);
}

function decodeCookie(value) {
  decoding ??= open();
  const [keys, channel] = decoding;
  const answer = keys.decodeCookie(channel.write(value));
  const ids = channel.text(Math.abs(answer));
  if (answer < 0) return { reason: ids };
  const [sessionId, keyId] = [ids.slice(0, ID_LENGTH), ids.slice(ID_LENGTH)];
  return { unverified: { sessionId, issuedAt: channel.number(0), expiresAt: channel.number(1), keyId } };
}

function open() {
  const { memory } = instantiate(initSync, module);
  const keys = new StatementKeys();
  return [keys, new Channel(keys, memory)];
}

/** The key ID, and the claims in the names of this package. Each is of its type: that was judged. */
function read(answer) {
  const end = answer.indexOf('\n');
  const payload = JSON.parse(answer.slice(end + 1));
  return {
    subject: payload.sub,
    sessionId: payload.sid,
    issuedAt: payload.iat,
    expiresAt: payload.exp,
    authenticatedAt: payload.auth_time,
    idleExpiresAt: payload.idle_expires_at,
    absoluteExpiresAt: payload.absolute_expires_at,
    claims: payload.claims,
    keyId: answer.slice(0, end),
  };
}
