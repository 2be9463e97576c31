// In front of the session server: serves a page to known sessions, and sends the rest to the origin.

import { maybeAuthentic, sessionHeaders } from 'session-wasm/fetch';

import { membersPage } from './page.js';

let handler;

export default {
  async fetch(request, { COOKIE_KEYS }) {
    try {
      handler ??= maybeAuthentic({ keyRing: COOKIE_KEYS })(answer);
    } catch (error) {
      console.error(`COOKIE_KEYS: ${error.message}`); // Names the key, and never has its value.
    }
    // Without good keys nobody is known here, and the origin decides about everybody.
    return (handler ?? answer)(request);
  },
};

/**
 * *Authentic* is enough to show a page that is the same for all members. It is not *live*: somebody
 * who logged out a minute ago still has an authentic cookie. So whatever changes something, or shows
 * what belongs to one person, goes to the origin, which asks its store.
 */
function answer(request, session) {
  return session && isMembersPage(request) ? membersPage(session) : askOrigin(request, session);
}

function isMembersPage({ method, url }) {
  return ['GET', 'HEAD'].includes(method) && new URL(url).pathname === '/members';
}

/** The edge's word goes along for the origin's logs; what a client says under such a name is dropped. */
async function askOrigin(request, session) {
  try {
    return await fetch(new Request(request, { headers: sessionHeaders(request, session) }));
  } catch {
    return new Response('the origin does not answer\n', {
      status: 503,
      headers: { 'Retry-After': '1', 'Cache-Control': 'no-store' },
    });
  }
}
