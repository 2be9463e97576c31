import module from '#statement.wasm';
import { construct, MisuseError, wholeSeconds } from './misuse.js';
import { initSync, StatementKeys } from './statement.glue.js';
import { refused } from './verdicts.js';

export { MisuseError };

export class StatementVerifier {
  #keys;

  constructor({ jwks, issuer }) {
    if (typeof issuer !== 'string')
      throw new MisuseError('invalid_issuer', 'expected the issuer as a string');
    const text = typeof jwks === 'string' ? jwks : String(JSON.stringify(jwks));
    initSync({ module });
    this.#keys = construct('invalid_jwks', () => new StatementKeys(text, issuer));
  }

  verify(statement, nowSeconds) {
    const now = wholeSeconds(nowSeconds);
    if (statement === undefined || statement === null) return refused('absent');
    if (typeof statement === 'string') return this.#keys.verify(statement, now);
    throw new MisuseError('invalid_statement', 'expected a statement as a string');
  }
}
