export type MisuseCode =
  | 'invalid_cookie'
  | 'invalid_feed'
  | 'invalid_issuer'
  | 'invalid_jwks'
  | 'invalid_key_ring'
  | 'invalid_option'
  | 'invalid_seed'
  | 'invalid_session'
  | 'invalid_statement'
  | 'invalid_time'
  | 'not_for_production'
  | 'webassembly_refused';

/** The calling code or its surroundings are wrong; what a visitor sends never leads here. */
export class MisuseError extends TypeError {
  readonly code: MisuseCode;
}
