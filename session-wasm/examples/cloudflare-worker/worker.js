// In front of the session server: serves a page to known sessions, and sends the rest to the origin.

import { CookieVerifier } from 'session-wasm/cookie';

import { membersPage } from './page.js';

/** The edge's word to the origin, for its logs. What a client says under such a name is dropped. */
const SESSION_ID_HEADER = 'X-Edge-Session-Id';

export default {
  async fetch(request, env) {
    const session = knownSession(request, env);
    if (session && isMembersPage(request)) return membersPage(session);
    return askOrigin(request, session);
  },
};

/**
 * *Authentic* is enough to show a page that is the same for all members. It is not *live*: somebody
 * who logged out a minute ago still has an authentic cookie. So whatever changes something, or shows
 * what belongs to one person, goes to the origin, which asks its store.
 */
function isMembersPage({ method, url }) {
  return ['GET', 'HEAD'].includes(method) && new URL(url).pathname === '/members';
}

function knownSession(request, env) {
  const verdict = cookies(env)?.verify(request.headers.get('Cookie'));
  return verdict?.ok ? verdict : undefined;
}

let verifier;

/** Without good keys nobody is known here, and the origin decides about everybody. */
function cookies({ COOKIE_KEYS }) {
  try {
    verifier ??= new CookieVerifier({ keyRing: COOKIE_KEYS });
  } catch (error) {
    console.error(`COOKIE_KEYS: ${error.message}`); // Names the key, and never has its value.
  }
  return verifier;
}

async function askOrigin(request, session) {
  const headers = new Headers(request.headers);
  for (const name of request.headers.keys()) {
    // Some servers read `_` in a name as `-`.
    if (name.replaceAll('_', '-').startsWith('x-edge-')) headers.delete(name);
  }
  if (session) headers.set(SESSION_ID_HEADER, session.sessionId);
  try {
    return await fetch(new Request(request, { headers }));
  } catch {
    return new Response('the origin does not answer\n', {
      status: 503,
      headers: { 'Retry-After': '1', 'Cache-Control': 'no-store' },
    });
  }
}
