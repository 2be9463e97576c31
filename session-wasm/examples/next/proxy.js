import { requireCurrent } from 'session-wasm/next';

/** In front of pages: whoever has no current session is led to the sign-in, and comes back. */
export default requireCurrent({ issuer: process.env.ISSUER, signIn: '/login' });

export const config = { matcher: '/account/:path*' };
