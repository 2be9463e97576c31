/** To be trusted where a request cannot come but through the middleware. */
const PREFIX = 'x-session-';

/**
 * The request as the application gets it: with the session ID that was verified, and nothing that a
 * client said under such a name. The session is *authentic*; whether it is *live* the application
 * asks before it changes something.
 */
export function passOn(request, { sessionId }) {
  const headers = new Headers(request.headers);
  for (const name of request.headers.keys()) {
    // Some servers read `_` in a name as `-`.
    if (name.replaceAll('_', '-').startsWith(PREFIX)) headers.delete(name);
  }
  headers.set(`${PREFIX}id`, sessionId);
  return { request: { headers } };
}

/** A page leads to the login and back; to anything else a redirect would only look like success. */
export function logInFirst(request) {
  if (!['GET', 'HEAD'].includes(request.method)) return answer(401, 'log in first\n');
  const { pathname, search } = new URL(request.url);
  return answer(303, null, { Location: `/login?next=${encodeURIComponent(pathname + search)}` });
}

/** While nobody can be told from anybody else, nobody is let in and nobody is logged out. */
export const unavailable = () => answer(503, 'sessions cannot be checked\n', { 'Retry-After': '1' });

function answer(status, body, headers) {
  return new Response(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } });
}
