export { type MisuseCode, MisuseError } from './misuse.js';

/** A JWK Set (RFC 7517), as `/.well-known/jwks.json` serves it. */
export interface JsonWebKeySet {
  keys: readonly object[];
}

export type StatementRefusal =
  | 'absent'
  | 'bad_signature'
  | 'expired'
  | 'malformed'
  | 'not_yet_valid'
  | 'unknown_key'
  | 'wrong_issuer';

/** What the server said of a session when it made the statement. Times are seconds since 1970. */
export interface VerifiedStatement {
  ok: true;
  subject: string;
  sessionId: string;
  issuedAt: number;
  /** Until when the statement may be believed; the session itself may go on. */
  expiresAt: number;
  /** When the password was last entered. */
  authenticatedAt: number;
  /** The idle deadline as it stood at `issuedAt`; use pushes it. */
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  /** What the application adds: a name, roles. */
  claims: Record<string, unknown>;
  keyId: string;
}

export type StatementVerdict = VerifiedStatement | { ok: false; reason: StatementRefusal };

/** Holds public keys only. */
export class StatementVerifier {
  /**
   * @param options.jwks the issuer's JWK Set, or its JSON text
   * @param options.issuer what `iss` has to be
   * @throws {MisuseError} `invalid_jwks` or `invalid_issuer`
   */
  constructor(options: { jwks: JsonWebKeySet | string; issuer: string });

  /**
   * Judges what somebody presented; nothing in it makes this throw.
   *
   * @param statement the JWT
   * @param nowSeconds whole seconds since 1970; the clock's time unless given
   * @throws {MisuseError} `invalid_statement` or `invalid_time` when an argument has another type
   */
  verify(statement: string | null | undefined, nowSeconds?: number): StatementVerdict;
}
