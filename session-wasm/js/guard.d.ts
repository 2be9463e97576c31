import type { AuthenticCookie, CookieKeyRing, CookieRefusal, CookieVerifier } from './cookie.js';
import type { CurrentStatement, CurrentVerdict, JsonWebKeySet } from './statement.js';

/**
 * *Authentic*: the cookie has a good tag, and is not past its absolute deadline. It says nothing of a log-out
 * since, nor whose session it is.
 */
export type AuthenticSession = AuthenticCookie;

/** *Current*: the statement has a good signature, and the session was not revoked but in the last seconds. */
export type CurrentSession = CurrentStatement;

/** *Live*: the server said so, when it was asked for this request. Times are seconds since 1970. */
export interface LiveSession {
  ok: true;
  subject: string;
  sessionId: string;
  claims: Record<string, unknown>;
  createdAt: number;
  /** When the password was last entered; 0 if nobody knows, of a session that another library began. */
  authenticatedAt: number;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  /** A fresh statement of the session. */
  statement: string;
}

/** A refusal by the server, as it has them. */
export interface LiveRefusal {
  ok: false;
  /** `renewed`: the session has a newer cookie, which another request has brought. */
  reason: 'absent' | 'invalid' | 'expired' | 'ended' | 'renewed';
}

/** The server could not be asked: nobody knows. */
export interface LiveDoubt {
  ok: false;
  reason: 'unavailable';
  cause: Error;
  /** Seconds. */
  retryAfter?: number;
}

/** Why there is no session, with more than the visitor is told; for logs. */
export type SessionRefusal =
  | { ok: false; reason: CookieRefusal }
  | Exclude<CurrentVerdict, { ok: true }>
  | LiveRefusal
  | LiveDoubt;

/** What every kind of check may be told. `Request` is what the framework calls a request. */
export interface GuardOptions<Request> {
  /**
   * Where a browser that wants to show a page is led when there is no session, as `/login`, with `?next=` the way
   * back. All others get a 401, and so does everybody unless this is given.
   */
  signIn?: string;
  /** Other origins than the one asked whose pages may change something, as `https://admin.app.example`. */
  origins?: readonly string[];
  /** Told of every refusal, and of every doubt with its cause. */
  onRefusal?: (refusal: SessionRefusal, request: Request) => void;
}

export interface AuthenticOptions<Request> extends GuardOptions<Request> {
  /** The `cookie` part of the server's key ring, as an object or as JSON text. **Secret.** */
  keyRing: CookieKeyRing | string;
  /** `__Host-session` unless given. */
  cookieName?: string;
}

/** How the server is asked. */
export interface QuestionOptions {
  /** Seconds within which it answers, or it is taken to be away; 2 unless given. */
  deadline?: number;
  /**
   * Seconds for which a refusal is remembered, so that a flood with one dead cookie is no flood on the server; 5
   * unless given, and 0 for never. A yes is never remembered.
   */
  rememberRefusals?: number;
  /** What fetches; the global `fetch` unless given. A Worker may give that of a service binding. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What the server is told of the visitor. */
export interface VisitorOptions<Request> {
  /**
   * Whether no request counts as use of the session: for what pages ask for while nobody is there. Otherwise
   * every one does, but those that say `Session-Activity: passive` themselves.
   */
  passive?: boolean;
  /**
   * The visitor's address, for the server's logs. It goes along as `X-Forwarded-For`, which the server believes of its
   * `--trusted-proxies`. Nothing of it is told unless this is given.
   */
  clientAddress?: (request: Request) => string | undefined;
}

export interface CurrentOptions<Request>
  extends GuardOptions<Request>,
    VisitorOptions<Request>,
    QuestionOptions {
  /** What `iss` has to be: the server's public origin, such as `https://app.example`. */
  issuer: string;
  /** The issuer's JWK Set, or its JSON text. Without it there are no keys until they are fetched. */
  jwks?: JsonWebKeySet | string;
  /** `${issuer}/.well-known/jwks.json` unless given. */
  jwksUrl?: string;
  /** `${issuer}/.well-known/session-revocations` unless given. */
  revocationsUrl?: string;
  /**
   * Where the session server answers, as in `LiveOptions`. With it, whoever has a session cookie and a statement that has
   * run out, or none, is asked about, and gets a fresh one. Without it they have no current session.
   */
  server?: string;
  /** `__Host-session-statement` unless given. */
  statementCookie?: string;
  /** `__Host-session` unless given. */
  cookieName?: string;
}

export interface LiveVerifierOptions extends QuestionOptions {
  /** Where the session server answers to this program, with its path prefix if there is one: `http://127.0.0.1:8080`. */
  server: string;
  /**
   * Refuses what is not authentic without a question, and takes no answer that is about another session than
   * the cookie's.
   */
  cookies?: CookieVerifier;
}

export interface LiveOptions<Request>
  extends GuardOptions<Request>,
    VisitorOptions<Request>,
    LiveVerifierOptions {}
