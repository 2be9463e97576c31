// Two middlewares: one that only computes, and one that asks the session server.

import { CookieVerifier } from 'session-wasm/cookie';

/** Within this time the session server answers, or it is taken to be away. */
const DEADLINE_MS = 2000;

/**
 * Sets `request.verifiedSession` when the cookie is *authentic*. That is enough to turn away what
 * nobody made here, before any work is done for it. It says nothing of a log-out.
 *
 * Throws when the keys are bad, so an application with bad keys does not start.
 */
export function verifiedSession(keyRing) {
  const verifier = new CookieVerifier({ keyRing });
  return (request, _response, next) => {
    const verdict = verifier.verify(request.headers.cookie);
    request.verifiedSession = verdict.ok ? verdict : undefined;
    next();
  };
}

/**
 * Lets only *live* sessions through, and sets `request.liveSession` to what the server says of
 * them. Only a 401 of the server is a 401 here: any doubt is a 503, and nobody is logged out by it.
 */
export function requireLiveSession(origin) {
  return async (request, response, next) => {
    if (!request.verifiedSession) return refuse(response, 401, 'log in first');
    if (isForged(request)) return refuse(response, 403, 'this request was made by another site');

    const answer = await askServer(origin, request.headers);
    for (const cookie of answer?.cookies ?? []) response.append('Set-Cookie', cookie);
    if (answer?.status === 401) return refuse(response, 401, 'the session has ended');
    if (answer?.status !== 200 || !isAbout(request.verifiedSession, answer.view)) {
      return refuse(response.set('Retry-After', '1'), 503, 'the session server does not answer');
    }
    request.liveSession = answer.view;
    next();
  };
}

/** Two headers of the request go along and no others, so nothing else that a client says is believed. */
async function askServer(origin, { cookie, 'session-activity': activity }) {
  // A page that polls keeps nobody logged in; a client can say so, and no more than that.
  const headers = { Cookie: cookie, 'Session-Activity': activity === 'passive' ? 'passive' : 'active' };
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const answer = await fetch(`${origin}/session`, { headers, redirect: 'error', signal });
    const view = answer.ok ? await answer.json() : undefined;
    return { status: answer.status, view, cookies: answer.headers.getSetCookie() };
  } catch {
    return undefined;
  }
}

const isAbout = ({ sessionId }, view) => view?.session_id === sessionId;

/** Every current browser says who made a request; before that, `SameSite` keeps the cookie at home. */
function isForged({ method, headers }) {
  const site = headers['sec-fetch-site'];
  return !['GET', 'HEAD'].includes(method) && site !== undefined && !['same-origin', 'none'].includes(site);
}

function refuse(response, status, detail) {
  response.status(status).type('application/problem+json').json({ status, detail });
}
