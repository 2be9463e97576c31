// For Vercel: the same where the code must not be able to make a session, with public keys alone. It asks
// for the feed every few seconds, and so knows of log-outs. Whose statement has run out is led to the login
// too, where `GET /session` brings a new one to those who are logged in.

import { next } from '@vercel/functions/middleware';
import { requireCurrent, sessionHeaders } from 'session-wasm/fetch';

export const config = { matcher: '/account/:path*' };

const passOn = (request, session) => next({ request: { headers: sessionHeaders(request, session) } });

export default requireCurrent({ issuer: process.env.ISSUER, signIn: '/login' })(passOn);
