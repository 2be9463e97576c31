import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

const { keyRing, jwks, issuer, cookies, statements } = JSON.parse(process.env.SCENE);
const cookieVerifier = new CookieVerifier({ keyRing });
const statementVerifier = new StatementVerifier({ jwks, issuer });

const verdicts = {
  cookies: cookies.map((cookie) => cookieVerifier.verify(`theme=dark; __Host-session=${cookie}`)),
  statements: statements.map((statement) => statementVerifier.verify(statement)),
};
console.log(JSON.stringify(verdicts));
