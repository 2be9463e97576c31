// For Vercel: in front of pages, where the code may hold the cookie keys.

import { next } from '@vercel/functions/middleware';
import { requireAuthentic, sessionHeaders } from 'session-wasm/fetch';

export const config = { matcher: '/account/:path*' };

const passOn = (request, session) => next({ request: { headers: sessionHeaders(request, session) } });

let guarded;

export default function middleware(request) {
  try {
    guarded ??= requireAuthentic({ keyRing: process.env.COOKIE_KEYS, signIn: '/login' })(passOn);
  } catch (error) {
    console.error(`COOKIE_KEYS: ${error.message}`); // Names the key, and never has its value.
    return new Response(null, { status: 503, headers: { 'Cache-Control': 'no-store' } });
  }
  return guarded(request);
}
