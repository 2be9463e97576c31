import { type StatementVerdict, StatementVerifier } from 'session-wasm';
import { SessionClient } from 'session-wasm/client';
import { type CookieVerdict, CookieVerifier } from 'session-wasm/cookie';

declare const process: { env: { SCENE: string } };

const { keyRing, jwks, issuer, cookies, statements } = JSON.parse(process.env.SCENE);
const cookieVerifier = new CookieVerifier({ keyRing });
const statementVerifier = new StatementVerifier({ jwks, issuer });

const cookieVerdicts: CookieVerdict[] = cookies.map((cookie: string) => cookieVerifier.verify(cookie));
const verdicts: StatementVerdict[] = statements.map((one: string) => statementVerifier.verify(one));
const client: string = new SessionClient({ baseUrl: issuer }).state.status;
console.log(JSON.stringify({ cookies: cookieVerdicts, statements: verdicts, client }));
