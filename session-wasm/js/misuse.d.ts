export type MisuseCode =
  /** A cookie is no string. */
  | 'invalid_cookie'
  /** A revocation feed is no string. */
  | 'invalid_feed'
  /** An issuer is no public origin, such as `https://app.example`. */
  | 'invalid_issuer'
  /** A key set is no JWK Set, a key of it is not well-formed, or a key ID is there twice. */
  | 'invalid_jwks'
  /** A key of the ring is refused, or the name of the cookie. */
  | 'invalid_key_ring'
  /** An option is missing, or is not of its kind; the message says which. */
  | 'invalid_option'
  /** The seed of a `TestIssuer` is no string. */
  | 'invalid_seed'
  /** A session of a `TestIssuer` cannot be: its subject, its claims or its times are refused. */
  | 'invalid_session'
  /** A statement is no string. */
  | 'invalid_statement'
  /** A time is not in whole seconds since 1970. */
  | 'invalid_time'
  /** A `TestIssuer` was made where `NODE_ENV` is `production`. */
  | 'not_for_production'
  /** WebAssembly may not be compiled here: a policy of the page lacks `'wasm-unsafe-eval'`. */
  | 'webassembly_refused';

/** The calling code or its surroundings are wrong; what a visitor sends never leads here. */
export class MisuseError extends TypeError {
  readonly code: MisuseCode;
}
