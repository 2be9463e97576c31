import type { CookieKeyRing } from './cookie.js';
import type { JsonWebKeySet } from './statement.js';

export { type MisuseCode, MisuseError } from './misuse.js';

export interface TestIssuerOptions {
  /** `https://app.example` unless given. */
  issuer?: string;
  /** The same text makes the same keys, and the same sessions in the same order. Random unless given. */
  seed?: string;
  /** `__Host-session` unless given. */
  cookieName?: string;
  /** The clock, in whole seconds since 1970; that of the machine, or of its fake timers, unless given. */
  now?: () => number;
}

export interface TestSessionOptions {
  claims?: Record<string, unknown>;
  /** When the sign-in was, in whole seconds since 1970; now unless given. */
  now?: number;
  /** Seconds; 1800 unless given. Nothing pushes the deadline. */
  idleTimeout?: number;
  /** Seconds; 43200 unless given. */
  absoluteTimeout?: number;
}

/** A session of somebody. Times are seconds since 1970. */
export interface TestSession {
  subject: string;
  sessionId: string;
  claims: Record<string, unknown>;
  createdAt: number;
  authenticatedAt: number;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  /** The value of the session cookie. */
  cookie: string;
}

/**
 * Stands for a session server in the tests of an application: makes what a server makes, by the same code, and answers what
 * this package asks. Its keys are called `test-…`.
 */
export class TestIssuer {
  /** @throws {MisuseError} `not_for_production` where `NODE_ENV` is `production`; `invalid_issuer`, `invalid_option` */
  constructor(options?: TestIssuerOptions);

  readonly issuer: string;
  readonly cookieName: string;
  /** For a `CookieVerifier`, or `requireAuthentic`. */
  readonly keyRing: CookieKeyRing;
  /** For a `StatementVerifier`. */
  readonly jwks: JsonWebKeySet;

  /** For whatever takes a `fetch`: answers for the key set, the revocation feed and `GET /session`, at any origin. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;

  /** While it is `true`, `fetch` rejects, as when no server is there. */
  away: boolean;

  /** @throws {MisuseError} `invalid_session` */
  signIn(subject: string, options?: TestSessionOptions): TestSession;

  /** Ends the session: it is in the feed from then on, and no longer live. */
  signOut(session: TestSession, nowSeconds?: number): void;

  /** The `Cookie` header of a browser that has this session, with a statement of now, or of then. */
  cookieHeader(session: TestSession, nowSeconds?: number): string;

  /**
   * A statement as the server makes it at that time; now unless given.
   *
   * @throws {MisuseError} `invalid_session` when it is past the deadline, or the statement gets too long
   */
  statement(session: TestSession, nowSeconds?: number): string;

  /** The revocation feed of that time; now unless given. */
  feed(nowSeconds?: number): string;
}
