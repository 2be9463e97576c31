// For Next.js and Vercel: the same where the code must not be able to make a session, with public
// keys alone. It asks for the feed every few seconds, and so knows of log-outs. Whose statement has
// run out is led to the login too, where `GET /session` brings a new one to those who are logged in.

import { next } from '@vercel/functions/middleware';
import { StatementVerifier } from 'session-wasm/statement';

import { logInFirst, passOn, unavailable } from './answers.js';

export const config = { matcher: '/account/:path*' };

/** Reasons that say something of us, and nothing of who asks. */
const DOUBTS = ['unknown_key', 'revocations_unknown'];

const COOKIE = /(?:^|; *)__Host-session-statement=([^;]*)/;

let verifier;

export default async function middleware(request) {
  verifier ??= new StatementVerifier({ issuer: process.env.ISSUER });
  const statement = COOKIE.exec(request.headers.get('Cookie') ?? '')?.[1];
  const verdict = await verifier.verifyCurrent(statement);
  if (DOUBTS.includes(verdict.reason)) return unavailable();
  return verdict.ok ? next(passOn(request, verdict)) : logInFirst(request);
}
