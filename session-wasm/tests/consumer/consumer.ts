// What somebody who uses the package writes; compiled, never run.

import { type StatementVerdict, StatementVerifier } from 'session-wasm';
import { type CookieVerdict, CookieVerifier, type MisuseCode, MisuseError } from 'session-wasm/cookie';
import type { StatementVerifier as Same } from 'session-wasm/statement';

const cookies = new CookieVerifier({
  keyRing: { signing: 'c1', keys: [{ kty: 'oct', kid: 'c1', alg: 'HS256', k: '' }] },
});
const cookie: CookieVerdict = cookies.verify(null);
export const sessionId: string = cookie.ok ? cookie.sessionId : cookie.reason;

const statements: Same = new StatementVerifier({ jwks: { keys: [] }, issuer: 'https://app.example' });
const statement: StatementVerdict = statements.verify('', 1_700_000_000);
export const until: number | undefined = statement.ok ? statement.expiresAt : undefined;
export const code = (error: unknown): MisuseCode | undefined =>
  error instanceof MisuseError ? error.code : undefined;

// @ts-expect-error a verdict has to be looked at before it is used
cookie.sessionId;
// @ts-expect-error a refusal has one of the closed list of reasons
if (!cookie.ok && cookie.reason === 'wrong_issuer') throw new Error();
// @ts-expect-error seconds are numbers
statements.verify('', '1700000000');
// @ts-expect-error no symmetric key gets near the statement module
new StatementVerifier({ keyRing: '', issuer: '' });
