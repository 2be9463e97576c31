export { type MisuseCode, MisuseError } from './misuse.js';

/** A key of the ring, as a JWK (RFC 7518 §6.4). */
export interface CookieKey {
  kty: 'oct';
  kid: string;
  alg: 'HS256';
  /** The secret: base64url of at least 32 bytes. */
  k: string;
}

/** The `cookie` part of a key ring file. */
export interface CookieKeyRing {
  signing: string;
  keys: readonly CookieKey[];
}

export type CookieRefusal =
  /** There is no session cookie. */
  | 'absent'
  /** There are good cookies of two sessions. */
  | 'ambiguous'
  /** Its tag differs: it was not made with a key of the ring. */
  | 'bad_tag'
  /** It is past the absolute deadline of its session. */
  | 'expired'
  /** It is not of the v1 format. */
  | 'malformed'
  /** It was issued further in the future than clocks may differ. */
  | 'not_yet_valid'
  /** It is longer than 512 bytes. */
  | 'too_long'
  /** Its key is not in the ring, or no longer. */
  | 'unknown_key';

/** *Authentic*: made with a key of the ring, and not past its absolute deadline. Not yet *live*: only the server knows. */
export interface AuthenticCookie {
  ok: true;
  sessionId: string;
  /** When the session ID was issued, in seconds since 1970. */
  issuedAt: number;
  /** The absolute deadline of the session, in seconds since 1970. */
  expiresAt: number;
  keyId: string;
}

export type CookieVerdict = AuthenticCookie | { ok: false; reason: CookieRefusal };

/** Holds the ring's symmetric keys: for trusted edges and servers, never for a page. */
export class CookieVerifier {
  /**
   * @param options.keyRing the `cookie` part of a key ring, or its JSON text
   * @param options.cookieName `__Host-session` unless given
   * @param options.remember how many headers or values that were good are remembered, so that seeing one again costs a
   * hundredth; 1000 unless given, 0 for none. They are credentials, and stay in the memory of this process. Times are
   * judged at each call
   * @throws {MisuseError} `invalid_key_ring` when a key or the name is refused, `invalid_option`, `webassembly_refused`
   * where WebAssembly is not allowed
   */
  constructor(options: { keyRing: CookieKeyRing | string; cookieName?: string; remember?: number });

  /**
   * Judges what a visitor sent; nothing in it makes this throw.
   *
   * @param cookie a whole `Cookie` header, or the bare value of the session cookie
   * @param nowSeconds whole seconds since 1970; the clock's time unless given
   * @throws {MisuseError} `invalid_cookie` or `invalid_time` when an argument has another type
   */
  verify(cookie: string | null | undefined, nowSeconds?: number): CookieVerdict;
}

/** What a cookie says of itself. Anybody can write that. */
export interface UnverifiedCookie {
  sessionId: string;
  issuedAt: number;
  expiresAt: number;
  keyId: string;
}

/**
 * Reads the value of a session cookie and believes nothing of it; for showing it to a person.
 *
 * @throws {MisuseError} `invalid_cookie` when it is no string
 */
export function decodeUnverified(
  cookie: string,
):
  | { unverified: UnverifiedCookie; reason?: undefined }
  | { unverified?: undefined; reason: 'malformed' | 'too_long' };
