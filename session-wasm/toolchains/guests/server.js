// What a server makes of the cookies of a request.
import { cookieValues, StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

/** Made with the first request: frameworks load this when they build, where there are no keys. */
let verifiers;

function begin() {
  const { keyRing, jwks, issuer } = JSON.parse(process.env.SCENE);
  return { cookie: new CookieVerifier({ keyRing }), statement: new StatementVerifier({ jwks, issuer }) };
}

export function verdicts(header) {
  verifiers ??= begin();
  const [statement] = cookieValues(header ?? '', '__Host-session-statement');
  return { cookie: verifiers.cookie.verify(header), statement: verifiers.statement.verify(statement) };
}
