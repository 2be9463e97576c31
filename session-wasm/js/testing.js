import * as module from '#testing.wasm';
import { Channel } from './channel.js';
import { whenGone } from './gone.js';
import { instantiate } from './instantiate.js';
import { MisuseError, publicOrigin, text, wholeSeconds } from './misuse.js';
import { refuseInProduction } from './testing/production.js';
import { answer } from './testing/server.js';
import * as glue from './testing.glue.js';

export { MisuseError };

/** Seconds, as the server has them unless it is told otherwise. */
const IDLE_TIMEOUT = 1800;
const ABSOLUTE_TIMEOUT = 43_200;
const STATEMENT_LIFETIME = 300;
const FEED_LIFETIME = 15;
const REVOCATION_INTEREST = 360;

const NUL = '\0';

const REFUSED = {
  invalid_cookie_name: 'cookieName: expected `__Host-` and a token, together at most 64 characters',
  ends_before_it_starts: 'absoluteTimeout: expected at least a second',
  lifetime: 'nowSeconds: expected a time before the deadlines of the session',
  too_long: 'claims: expected a statement of at most 4,000 characters',
  malformed: 'claims: expected an object that JSON can write',
};

export class TestIssuer {
  /** Whether questions get no answer at all. */
  away = false;
  #place;
  #now;
  #count = 0;
  #sessions = [];
  #revocations = [];

  constructor({
    issuer = 'https://app.example',
    seed = randomSeed(),
    cookieName = '__Host-session',
    now = wholeSeconds,
  } = {}) {
    refuseInProduction();
    this.issuer = publicOrigin(issuer, 'invalid_issuer', 'issuer');
    this.cookieName = text(cookieName, 'invalid_option', 'cookieName');
    this.#now = now;
    this.#place = glue.open(begin().write(text(seed, 'invalid_seed', 'the seed')));
    gone.register(this, this.#place);
    const [ring, jwks] = channel.text(glue.documents(this.#place)).split(NUL);
    this.keyRing = JSON.parse(ring).cookie;
    this.jwks = JSON.parse(jwks);
    // The name is judged by what writes cookies of it.
    this.#cookie(0, 0, 1);
    this.fetch = async (url, init) => this.#answer(url, init);
  }

  signIn(subject, { claims = {}, now = this.#now(), idleTimeout, absoluteTimeout } = {}) {
    const createdAt = wholeSeconds(now);
    const absoluteExpiresAt = createdAt + (absoluteTimeout ?? ABSOLUTE_TIMEOUT);
    this.#count += 1;
    const session = {
      subject: text(subject, 'invalid_session', 'the subject'),
      sessionId: this.#said(glue.sessionId(this.#place, this.#count)),
      claims,
      createdAt,
      authenticatedAt: createdAt,
      idleExpiresAt: Math.min(createdAt + (idleTimeout ?? IDLE_TIMEOUT), absoluteExpiresAt),
      absoluteExpiresAt,
      cookie: this.#cookie(this.#count, createdAt, absoluteExpiresAt),
    };
    this.#sessions.push(session);
    return session;
  }

  signOut(session, nowSeconds = this.#now()) {
    const at = wholeSeconds(nowSeconds);
    this.#sessions = this.#sessions.filter((other) => other !== session);
    this.#revocations.push({ sessionId: session.sessionId, at });
  }

  statement(session, nowSeconds = this.#now()) {
    const now = wholeSeconds(nowSeconds);
    const { absoluteExpiresAt, idleExpiresAt } = session;
    const payload = {
      iss: this.issuer,
      sub: session.subject,
      sid: session.sessionId,
      iat: now,
      exp: Math.min(now + STATEMENT_LIFETIME, absoluteExpiresAt),
      auth_time: session.authenticatedAt,
      idle_expires_at: idleExpiresAt,
      absolute_expires_at: absoluteExpiresAt,
      claims: session.claims,
    };
    return this.#said(glue.statement(this.#place, channel.write(JSON.stringify(payload))));
  }

  feed(nowSeconds = this.#now()) {
    const iat = wholeSeconds(nowSeconds);
    const isOfInterest = ({ at }) => at <= iat && iat < at + REVOCATION_INTEREST;
    const revoked = this.#revocations.filter(isOfInterest).map(({ sessionId }) => sessionId);
    const payload = { iss: this.issuer, iat, exp: iat + FEED_LIFETIME, revoked };
    return this.#said(glue.feed(this.#place, channel.write(JSON.stringify(payload))));
  }

  cookieHeader(session, nowSeconds = this.#now()) {
    const statement = this.statement(session, nowSeconds);
    return `${this.cookieName}=${session.cookie}; __Host-session-statement=${statement}`;
  }

  async #answer(url, { headers } = {}) {
    if (this.away) throw new TypeError('the test issuer is away');
    return answer(this, this.#sessions, String(url), new Headers(headers), wholeSeconds(this.#now()));
  }

  #cookie(number, issuedAt, expiresAt) {
    const length = channel.write(this.cookieName);
    return this.#said(glue.cookie(this.#place, length, number, issuedAt, expiresAt));
  }

  #said(length) {
    if (length >= 0) return channel.text(length);
    const reason = channel.text(-length);
    const code = reason === 'invalid_cookie_name' ? 'invalid_option' : 'invalid_session';
    throw new MisuseError(code, REFUSED[reason]);
  }
}

let channel;

const gone = whenGone(glue.release);

function begin() {
  channel ??= new Channel(glue.reserve, instantiate(glue.__wbg_set_wasm, module).memory);
  return channel;
}

function randomSeed() {
  return String(crypto.getRandomValues(new BigUint64Array(4)));
}
