/** What the server would answer about these sessions, as far as this package asks it. */
export function answer(issuer, sessions, url, headers, now) {
  const { pathname } = new URL(url);
  if (pathname.endsWith('/.well-known/jwks.json')) return Response.json(issuer.jwks);
  if (pathname.endsWith('/.well-known/session-revocations')) return new Response(issuer.feed(now));
  if (!pathname.endsWith('/session')) return problem(404, { code: 'not_found' });
  const pairs = (headers.get('Cookie') ?? '').split(/;[ \t]*/);
  if (!pairs.some((pair) => pair.startsWith(`${issuer.cookieName}=`))) return noSession('absent');
  const session = sessions.find(({ cookie }) => pairs.includes(`${issuer.cookieName}=${cookie}`));
  if (!session) return noSession('ended');
  if (now >= session.absoluteExpiresAt) return noSession('expired');
  return now >= session.idleExpiresAt ? noSession('ended') : view(issuer, session, now);
}

function view(issuer, session, now) {
  const statement = issuer.statement(session, now);
  const body = {
    session_id: session.sessionId,
    subject: session.subject,
    claims: session.claims,
    created_at: session.createdAt,
    authenticated_at: session.authenticatedAt,
    idle_expires_at: session.idleExpiresAt,
    absolute_expires_at: session.absoluteExpiresAt,
    statement,
  };
  const cookie = `__Host-session-statement=${statement}; Path=/; Secure; SameSite=Lax; Max-Age=300`;
  return Response.json(body, { headers: { 'Set-Cookie': cookie } });
}

const noSession = (reason) => problem(401, { code: 'no_session', reason });

const problem = (status, members) => Response.json({ type: 'about:blank', status, ...members }, { status });
