// What somebody who uses the package writes; compiled, never run.

import {
  decodeCookieUnverified,
  decodeUnverified,
  type FeedVerdict,
  type StatementVerdict,
  StatementVerifier,
} from 'session-wasm';
import { type ClientState, SessionClient } from 'session-wasm/client';
import {
  type CookieVerdict,
  CookieVerifier,
  decodeUnverified as decodeCookie,
  type MisuseCode,
  MisuseError,
} from 'session-wasm/cookie';
import type { StatementVerifier as Same } from 'session-wasm/statement';

const cookies = new CookieVerifier({
  keyRing: { signing: 'c1', keys: [{ kty: 'oct', kid: 'c1', alg: 'HS256', k: '' }] },
});
const cookie: CookieVerdict = cookies.verify(null);
export const sessionId: string = cookie.ok ? cookie.sessionId : cookie.reason;
export const claims: string[] = decodeCookieUnverified('').map(
  (decoded) => decoded.reason ?? decoded.unverified.keyId,
);
export const claimed: string | undefined = decodeCookie('').unverified?.sessionId;

const statements: Same = new StatementVerifier({ issuer: 'https://app.example' });
statements.useKeys({ keys: [] });
const statement: StatementVerdict = statements.verify('', 1_700_000_000);
export const until: number | undefined = statement.ok ? statement.expiresAt : undefined;
const feed: FeedVerdict = statements.useRevocations('');
export const known: number | string = feed.ok ? feed.expiresAt : feed.reason;
export const subject: string | undefined = decodeUnverified('').unverified?.subject;

export async function checked(): Promise<number | string> {
  const verdict = await statements.verifyCurrent('');
  return verdict.ok ? verdict.revocationCheckedAt : verdict.reason;
}

export const code = (error: unknown): MisuseCode | undefined =>
  error instanceof MisuseError ? error.code : undefined;

const client = new SessionClient();
client.addEventListener('changed', ({ detail }) => {
  const state: ClientState = detail;
  if (state.status === 'ended') console.log(state.reason);
});

// @ts-expect-error a verdict has to be looked at before it is used
cookie.sessionId;
// @ts-expect-error a refusal has one of the closed list of reasons
if (!cookie.ok && cookie.reason === 'wrong_issuer') throw new Error();
// @ts-expect-error seconds are numbers
statements.verify('', '1700000000');
// @ts-expect-error no symmetric key gets near the statement module
new StatementVerifier({ keyRing: '', issuer: '' });
// @ts-expect-error what is decoded without verification is not at hand by mistake
decodeUnverified('').subject;
