const { StatementVerifier } = require('session-wasm');
const { SessionClient } = require('session-wasm/client');
const { CookieVerifier } = require('session-wasm/cookie');

const { keyRing, jwks, issuer, cookies, statements } = JSON.parse(process.env.SCENE);
const cookieVerifier = new CookieVerifier({ keyRing });
const statementVerifier = new StatementVerifier({ jwks, issuer });

const verdicts = {
  cookies: cookies.map((cookie) => cookieVerifier.verify(`theme=dark; __Host-session=${cookie}`)),
  statements: statements.map((statement) => statementVerifier.verify(statement)),
  client: new SessionClient({ baseUrl: issuer }).state.status,
};
console.log(JSON.stringify(verdicts));
