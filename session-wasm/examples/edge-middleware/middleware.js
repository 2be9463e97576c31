// For Next.js and Vercel: in front of pages, where the code may hold the cookie keys.

import { next } from '@vercel/functions/middleware';
import { CookieVerifier } from 'session-wasm/cookie';

import { logInFirst, passOn, unavailable } from './answers.js';

export const config = { matcher: '/account/:path*' };

let verifier;

export default function middleware(request) {
  try {
    verifier ??= new CookieVerifier({ keyRing: process.env.COOKIE_KEYS });
  } catch (error) {
    console.error(`COOKIE_KEYS: ${error.message}`); // Names the key, and never has its value.
    return unavailable();
  }
  const verdict = verifier.verify(request.headers.get('Cookie'));
  return verdict.ok ? next(passOn(request, verdict)) : logInFirst(request);
}
