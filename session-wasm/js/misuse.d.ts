export type MisuseCode =
  | 'invalid_cookie'
  | 'invalid_issuer'
  | 'invalid_jwks'
  | 'invalid_key_ring'
  | 'invalid_statement'
  | 'invalid_time';

/** The calling code is wrong; what a visitor sends never leads here. */
export class MisuseError extends TypeError {
  readonly code: MisuseCode;
}
