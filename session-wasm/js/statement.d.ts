export { type MisuseCode, MisuseError } from './misuse.js';

/** A JWK Set (RFC 7517), as `/.well-known/jwks.json` serves it. */
export interface JsonWebKeySet {
  keys: readonly object[];
}

export type StatementRefusal =
  /** There is no statement. */
  | 'absent'
  /** Its signature is wrong. */
  | 'bad_signature'
  /** It is past its time, which says nothing of the session. */
  | 'expired'
  /** It is not of the version 1 format. */
  | 'malformed'
  /** It was made further in the future than clocks may differ. */
  | 'not_yet_valid'
  /** Its session was ended: the revocation feed names it. */
  | 'revoked'
  /** Its key is not in the key set, or no longer. */
  | 'unknown_key'
  /** It was made in the name of another issuer. */
  | 'wrong_issuer';

/** What a statement says of a session. Times are seconds since 1970. */
export interface StatementClaims {
  subject: string;
  sessionId: string;
  issuedAt: number;
  /** Until when the statement may be believed; the session itself may go on. */
  expiresAt: number;
  /** When the password was last entered; 0 if nobody knows, of a session that another library began. */
  authenticatedAt: number;
  /** The idle deadline as it stood at `issuedAt`; use pushes it. */
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  /** What the application adds: a name, roles. */
  claims: Record<string, unknown>;
  keyId: string;
}

/** *Authentic*: signed by the issuer, and within its time. */
export interface VerifiedStatement extends StatementClaims {
  ok: true;
  /** Up to when revocations were known, in seconds since 1970; `null` when no feed was ever used. */
  revocationCheckedAt: number | null;
  /** Whether that feed is still good: the session has not been revoked but in the last seconds. */
  current: boolean;
}

export interface Refused<Reason> {
  ok: false;
  reason: Reason;
}

/** A good signature by one of the keys, and in the name of another issuer than the one of this verifier. */
export interface WrongIssuer extends Refused<'wrong_issuer'> {
  expected: string;
  /** What it names, cut after 200 characters. For showing it to a person. */
  found: string;
}

/** Nobody can tell, which says something of us and nothing of whoever presented it. */
export interface InDoubt<Reason> extends Refused<Reason> {
  /** What could not be fetched, and why. */
  cause: Error;
}

export type StatementVerdict =
  | VerifiedStatement
  | WrongIssuer
  | Refused<Exclude<StatementRefusal, 'wrong_issuer'>>;

/** *Current*: authentic, and not revoked but in the last seconds. */
export type CurrentStatement = VerifiedStatement & { current: true; revocationCheckedAt: number };

export type CurrentVerdict =
  | CurrentStatement
  | WrongIssuer
  | Refused<Exclude<StatementRefusal, 'wrong_issuer'>>
  | InDoubt<'keys_unavailable' | 'revocations_unknown'>;

export type FeedVerdict =
  | { ok: true; issuedAt: number; expiresAt: number }
  | WrongIssuer
  | Refused<Exclude<StatementRefusal, 'absent' | 'revoked' | 'wrong_issuer'>>;

export interface StatementVerifierOptions {
  /** What `iss` has to be: the server's public origin, such as `https://app.example`, without a slash at its end. */
  issuer: string;
  /** The issuer's JWK Set, or its JSON text. Without it there are no keys until they are fetched. */
  jwks?: JsonWebKeySet | string;
  /** `${issuer}/.well-known/jwks.json` unless given. */
  jwksUrl?: string;
  /** `${issuer}/.well-known/session-revocations` unless given. */
  revocationsUrl?: string;
  /** What fetches both; the global `fetch` unless given. A Worker may give that of a service binding. */
  fetch?: (url: string, init: { signal: AbortSignal }) => Promise<Response>;
  /**
   * How many statements that were good are remembered, so that seeing one again costs no signature check: 1000
   * unless given, 0 for none. Times and revocations are judged at each call, and other keys empty it.
   */
  remember?: number;
}

/** Holds public keys only, and the revocations that it was told of. */
export class StatementVerifier {
  /** @throws {MisuseError} `invalid_issuer`, `invalid_jwks`, `invalid_option` or `webassembly_refused` */
  constructor(options: StatementVerifierOptions);

  /**
   * Judges what somebody presented, with the keys and revocations at hand. Nothing in it makes this throw.
   *
   * @param statement the JWT
   * @param nowSeconds whole seconds since 1970; the clock's time unless given
   * @throws {MisuseError} `invalid_statement` or `invalid_time` when an argument has another type
   */
  verify(statement: string | null | undefined, nowSeconds?: number): StatementVerdict;

  /**
   * Judges likewise, and good is only what is *current*. Keys are fetched when the statement's is
   * not known, at most once a minute, and the feed when the one at hand is five seconds old. While
   * the keys cannot be had the reason is `keys_unavailable`; while the feed cannot, and the last has
   * passed its time, it is `revocations_unknown`; either with its `cause`.
   */
  verifyCurrent(statement: string | null | undefined, nowSeconds?: number): Promise<CurrentVerdict>;

  /**
   * Takes the place of the keys so far.
   *
   * @throws {MisuseError} `invalid_jwks`; then the keys so far stay
   */
  useKeys(jwks: JsonWebKeySet | string): void;

  /** Learns from a revocation feed. From then on its sessions are refused as `revoked`. */
  useRevocations(feed: string, nowSeconds?: number): FeedVerdict;

  /**
   * Fetches the keys. Calls at the same time become one request, and none is made within a minute
   * after a success, or two seconds after a failure.
   *
   * @returns whether keys were fetched just now or within the last minute
   * @throws when they could not be; what is held stays
   */
  refreshKeys(): Promise<boolean>;

  /** Fetches the feed likewise; at most every five seconds. */
  refreshRevocations(): Promise<boolean>;
}

/**
 * Reads what a statement says and believes nothing of it; for showing it to a person.
 *
 * @throws {MisuseError} `invalid_statement` when it is no string
 */
export function decodeUnverified(
  statement: string,
): { unverified: StatementClaims; reason?: undefined } | { unverified?: undefined; reason: 'malformed' };

/** What a session cookie says of itself, without its secret. Anybody can write that. */
export interface UnverifiedCookie {
  sessionId: string;
  issuedAt: number;
  expiresAt: number;
  keyId: string;
}

export type DecodedCookie =
  | { unverified: UnverifiedCookie; reason?: undefined }
  | { unverified?: undefined; reason: 'malformed' | 'too_long' };

/**
 * Reads every session cookie in a `Cookie` header, or the bare value of one, and believes nothing of it; for
 * showing it to a person. Whether its tag is right can be checked only where the key is.
 *
 * @param cookieName `__Host-session` unless given
 * @returns in their order; none if the header has no cookie of that name
 * @throws {MisuseError} `invalid_cookie` when one of both is no string
 */
export function decodeCookieUnverified(cookie: string, cookieName?: string): DecodedCookie[];

/** The values that a `Cookie` header, or `document.cookie`, has for a cookie, in their order. */
export function cookieValues(header: string, cookieName: string): string[];

/** After how many seconds the next use of a session counts, of an idle timeout of so many. */
export function extensionInterval(idleTimeout: number): number;
