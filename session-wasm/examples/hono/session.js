// Public keys are enough here: nothing on this server can make a session.

import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { StatementVerifier } from 'session-wasm/statement';

/** Within this time the session server answers, or it is taken to be away. */
const DEADLINE_MS = 2000;

/** Reasons that say something of us, and nothing of who asks. */
const DOUBTS = ['unknown_key', 'revocations_unknown', 'server_away'];

/**
 * Sets `c.get('session')` for those whose statement is *current*: verified, and not revoked as far
 * as a feed of the last seconds says. Everybody else goes on without one.
 */
export function session(issuer) {
  const verifier = new StatementVerifier({ issuer });
  return createMiddleware(async (c, next) => {
    const verdict = await judge(verifier, issuer, c);
    c.set('session', verdict.ok ? verdict : undefined);
    c.set('inDoubt', DOUBTS.includes(verdict.reason));
    await next();
  });
}

/** A 401 only for those who are known to have no session: a doubt is a 503, and lets nobody in. */
export const requireSession = createMiddleware(async (c, next) => {
  if (c.get('session')) return next();
  c.header('Cache-Control', 'no-store');
  if (!c.get('inDoubt')) return c.json({ status: 401, detail: 'log in first' }, 401);
  return c.json({ status: 503, detail: 'sessions cannot be checked' }, 503, { 'Retry-After': '1' });
});

async function judge(verifier, issuer, c) {
  const verdict = await verifier.verifyCurrent(getCookie(c, 'session-statement', 'host'));
  // A statement lasts five minutes, a session for hours: whoever has none may still have the other.
  const isOver = ['absent', 'expired'].includes(verdict.reason);
  if (!isOver || !getCookie(c, 'session', 'host')) return verdict;
  const answer = await askServer(issuer, c.req.header('Cookie'));
  if (answer?.status === 401) return verdict;
  if (answer?.status !== 200) return { ok: false, reason: 'server_away' };
  for (const cookie of answer.cookies) c.header('Set-Cookie', cookie, { append: true });
  return verifier.verifyCurrent(answer.statement);
}

/** Nothing of the request but the cookie goes along. The answer brings a fresh statement. */
async function askServer(issuer, cookie) {
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const answer = await fetch(`${issuer}/session`, { headers: { Cookie: cookie }, signal });
    const statement = answer.ok ? (await answer.json()).statement : undefined;
    return { status: answer.status, statement, cookies: answer.headers.getSetCookie() };
  } catch {
    return undefined;
  }
}
