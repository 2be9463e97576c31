// Answers `GET /session` while the server is away, from the last statement that it made. Bundled
// into one module. Nothing here awaits at the top level: a service worker may not.

import { StatementVerifier } from 'session-wasm/statement';

const STATEMENT = '/kept/statement';
const KEYS = '/.well-known/jwks.json';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin) return;
  const asked = `${event.request.method} ${pathname}`;
  if (asked === 'GET /session') event.respondWith(session(event.request));
  if (asked === 'POST /logout') event.respondWith(logOut(event.request));
});

/** A slow answer must not bring back what a log-out has removed meanwhile. */
let logOuts = 0;

/** The server's word if there is one: a statement is for when there is none. */
async function session(request) {
  const before = logOuts;
  const answer = await fetch(request).catch(() => undefined);
  if (answer?.ok) await keep(await answer.clone().json(), before);
  if (answer?.status === 401) await forget();
  // A 503 says nothing about anybody.
  return answer && answer.status < 500 ? answer : fromStatement();
}

/** The keys are kept with the statement; both come from the issuer, and neither is a secret. */
async function keep({ statement }, before) {
  const store = await kept();
  const keys = await fetch(KEYS).catch(() => undefined);
  if (!keys?.ok) return;
  await store.put(KEYS, keys);
  if (before === logOuts) await store.put(STATEMENT, new Response(statement));
}

async function fromStatement() {
  const verdict = await verifyKept();
  if (!verdict.ok) return Response.json({ status: 503, reason: verdict.reason }, { status: 503 });
  const { subject, sessionId, claims, issuedAt } = verdict;
  return Response.json({ subject, session_id: sessionId, claims, as_of: issuedAt });
}

/** Anything may be in the store: only what verifies is believed, and not past its five minutes. */
async function verifyKept() {
  const store = await kept();
  const [keys, statement] = await Promise.all([store.match(KEYS), store.match(STATEMENT)]);
  if (!keys || !statement) return { ok: false, reason: 'absent' };
  const verifier = new StatementVerifier({ issuer: self.location.origin, jwks: await keys.text() });
  return verifier.verify(await statement.text());
}

/** Forgets at once, and again for what was asked before the server had logged out. */
async function logOut(request) {
  await forget();
  try {
    return await fetch(request);
  } finally {
    await forget();
  }
}

async function forget() {
  logOuts += 1;
  await (await kept()).delete(STATEMENT);
}

const kept = () => caches.open('session');
