import * as module from '#statement.wasm';
import { Channel } from './channel.js';
import { whenGone } from './gone.js';
import { instantiate } from './instantiate.js';
import { MisuseError, publicOrigin, text, wholeSeconds } from './misuse.js';
import { fetchText, Refresh, RefreshError } from './refresh.js';
import { Remembered } from './remembered.js';
import * as glue from './statement.glue.js';
import { unverifiedCookie } from './unverified-cookie.js';

export { MisuseError };

const KEYS_COOLDOWN = 60;
const REVOCATIONS_INTERVAL = 5;

/** Characters of the name of a wrong issuer. */
const MAX_SHOWN = 200;

const REFUSED_KEYS = {
  malformed: 'expected a JWK Set: { keys: [{ kty: "OKP", crv: "Ed25519", kid, x }] }',
  invalid_key: 'expected the `x` of every Ed25519 key to be canonical base64url of a public key',
  repeated_key: 'expected each key ID once',
};

const { decode, decodeCookie, judgeAgain, learn, load, open, verify } = glue;

/** Between two values of a cookie. */
const NUL = '\0';

const refused = (reason) => ({ ok: false, reason });

/** Looked up when it is called: a place without one still verifies, and tests put their own there. */
const globalFetch = (url, init) => globalThis.fetch(url, init);

export class StatementVerifier {
  #issuer;
  #keys;
  #remembered;
  #keyRefresh;
  #revocationRefresh;

  constructor({ issuer, jwks, jwksUrl, revocationsUrl, fetch = globalFetch, remember }) {
    this.#remembered = new Remembered(remember);
    this.#issuer = publicOrigin(issuer, 'invalid_issuer', 'issuer');
    this.#keys = open(begin().write(issuer));
    gone.register(this, this.#keys);
    if (jwks !== undefined) this.useKeys(jwks);
    const get = (url, read) => async (signal) => read(await fetchText(fetch, url, signal));
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
    const jws = text(statement, 'invalid_statement', 'a statement');
    const known = this.#remembered.find(jws);
    if (known !== undefined) return this.#judgeAgain(known, now);
    const answer = verify(this.#keys, channel.write(jws), now);
    if (answer < 0) return this.#refused(answer);
    const said = { ok: true, ...read(channel.text(answer)) };
    this.#remembered.keep(jws, { said, claims: nested(said.claims) && JSON.stringify(said.claims) });
    // What is remembered is nobody else's.
    return good(said, { ...said.claims });
  }

  #judgeAgain({ said, claims }, now) {
    const { sessionId, issuedAt, expiresAt } = said;
    const answer = judgeAgain(this.#keys, channel.write(sessionId), issuedAt, expiresAt, now);
    if (answer < 0) return this.#refused(answer);
    // Each caller's own, to do with it what they like.
    return good(said, claims ? JSON.parse(claims) : { ...said.claims });
  }

  useKeys(jwks) {
    const set = typeof jwks === 'string' ? jwks : String(JSON.stringify(jwks));
    const answer = load(this.#keys, channel.write(set));
    if (answer < 0) throw new MisuseError('invalid_jwks', REFUSED_KEYS[channel.text(-answer)]);
    // What a key has signed that is there no more is to be refused.
    this.#remembered.forget();
  }

  useRevocations(feed, nowSeconds) {
    const now = wholeSeconds(nowSeconds);
    const jws = text(feed, 'invalid_feed', 'a revocation feed');
    const answer = learn(this.#keys, channel.write(jws), now);
    if (answer < 0) return this.#refused(answer);
    const times = channel.numbers();
    return { ok: true, issuedAt: times.getFloat64(0, true), expiresAt: times.getFloat64(8, true) };
  }

  refreshKeys() {
    return this.#keyRefresh.run();
  }

  refreshRevocations() {
    return this.#revocationRefresh.run();
  }

  async verifyCurrent(statement, nowSeconds) {
    let verdict = this.verify(statement, nowSeconds);
    if (verdict.reason === 'unknown_key') {
      if (!(await succeeds(this.#keyRefresh))) return inDoubt('keys_unavailable', this.#keyRefresh);
      verdict = this.verify(statement, nowSeconds);
    }
    if (verdict.ok && this.#revocationRefresh.age >= REVOCATIONS_INTERVAL) {
      await succeeds(this.#revocationRefresh);
      verdict = this.verify(statement, nowSeconds);
    }
    return verdict.ok && !verdict.current ? inDoubt('revocations_unknown', this.#revocationRefresh) : verdict;
  }

  /** A wrong issuer comes with its name, which is for showing it beside the one that was expected. */
  #refused(answer) {
    const said = channel.text(-answer);
    const end = said.indexOf('\n');
    if (end < 0) return refused(said);
    const found = said.slice(end + 1, end + 1 + MAX_SHOWN);
    return { ...refused(said.slice(0, end)), expected: this.#issuer, found };
  }
}

const inDoubt = (reason, { failure }) => ({ ...refused(reason), cause: failure });

const succeeds = (refresh) => refresh.run().catch(() => false);

let channel;

/** Nobody can ask verifiers any more that are not there: their keys can go as well. */
const gone = whenGone(glue.release);

function begin() {
  channel ??= new Channel(glue.reserve, instantiate(glue.__wbg_set_wasm, module).memory);
  return channel;
}

export function decodeUnverified(statement) {
  const value = text(statement, 'invalid_statement', 'a statement');
  const answer = decode(begin().write(value));
  return answer < 0 ? { reason: channel.text(-answer) } : { unverified: read(channel.text(answer)) };
}

export function decodeCookieUnverified(cookie, cookieName = '__Host-session') {
  return values(cookie, cookieName, true).map((value) => {
    const answer = decodeCookie(begin().write(value));
    return unverifiedCookie(channel, answer);
  });
}

export function cookieValues(header, cookieName) {
  return values(header, cookieName, false);
}

export function extensionInterval(idleTimeout) {
  begin();
  return glue.extensionInterval(idleTimeout);
}

function values(cookie, cookieName, orValue) {
  const header = text(cookie, 'invalid_cookie', 'a Cookie header or a cookie value');
  const name = text(cookieName, 'invalid_cookie', 'the name of the cookie');
  const answer = glue.cookieValues(begin().write(`${name}\n${header}`), orValue);
  return channel.numbers().getFloat64(0, true) ? channel.text(answer).split(NUL) : [];
}

/** With how far it was held against revocations. */
function good(said, claims) {
  const numbers = channel.numbers();
  const checkedAt = numbers.getFloat64(0, true);
  const verdict = { ...said };
  verdict.claims = claims;
  verdict.revocationCheckedAt = checkedAt < 0 ? null : checkedAt;
  verdict.current = numbers.getFloat64(8, true) === 1;
  return verdict;
}

/** Whether there is an object or a list in them: else a copy of their members is a copy of all. */
const nested = (claims) => Object.values(claims).some((value) => Object(value) === value);

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
