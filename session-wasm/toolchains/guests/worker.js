import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

export default {
  /** `workerd test` calls this. */
  test(_, { SCENE }) {
    const { keyRing, jwks, issuer, cookies, statements } = JSON.parse(SCENE);
    const cookieVerifier = new CookieVerifier({ keyRing });
    const statementVerifier = new StatementVerifier({ jwks, issuer });
    const verdicts = {
      cookies: cookies.map((cookie) => cookieVerifier.verify(cookie)),
      statements: statements.map((statement) => statementVerifier.verify(statement)),
    };
    console.log(JSON.stringify(verdicts));
  },
};
