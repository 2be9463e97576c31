const TITLES = { 401: 'Unauthorized', 403: 'Forbidden', 409: 'Conflict', 503: 'Service Unavailable' };

/** As the session server has them: why a cookie or a statement is not good is for logs, not for whoever sent it. */
const DETAILS = {
  absent: 'this needs a session, and the request has none',
  invalid: 'the session cookie or statement is not valid',
  expired: 'the session cookie or statement is past its time',
  ended: 'the session has ended',
};
const REASONS = { absent: 'absent', expired: 'expired', ended: 'ended', revoked: 'ended' };

/** No session, and where a browser shows what comes it is led to where one is had, and back. */
export function noSession(visit, { reason }, signIn) {
  if (signIn !== undefined && isNavigation(visit)) {
    const separator = signIn.includes('?') ? '&' : '?';
    const location = `${signIn}${separator}next=${encodeURIComponent(visit.path)}`;
    return { status: 303, headers: { Location: location, ...KEPT_BY_NOBODY }, body: '' };
  }
  const told = REASONS[reason] ?? 'invalid';
  const challenge = { 'WWW-Authenticate': 'Cookie realm="session"' };
  return problem(401, { code: 'no_session', detail: DETAILS[told], reason: told }, challenge);
}

export const anotherSite = () =>
  problem(403, { code: 'cross_site', detail: 'this request was made by another site' });

/** Another request has brought the visitor a newer cookie, or is about to: nobody is logged out by that. */
export const renewed = () =>
  problem(409, { code: 'session_renewed', detail: 'the session has a newer cookie' }, { 'Retry-After': '1' });

/** Nobody is let in while nobody can tell, and nobody is logged out. */
export const unavailable = ({ retryAfter = 1 }) =>
  problem(
    503,
    { code: 'sessions_unavailable', detail: 'sessions cannot be checked at present' },
    { 'Retry-After': String(retryAfter) },
  );

const KEPT_BY_NOBODY = { 'Cache-Control': 'no-store', Vary: 'Cookie' };

/** Problem details (RFC 9457). */
function problem(status, members, headers) {
  const body = JSON.stringify({ type: 'about:blank', title: TITLES[status], status, ...members });
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...KEPT_BY_NOBODY, ...headers },
    body: `${body}\n`,
  };
}

/** Every current browser says what it asks for; of others and of programs, who accepts HTML wants to show it. */
function isNavigation({ method, header }) {
  if (!['GET', 'HEAD'].includes(method)) return false;
  const destination = header('sec-fetch-dest');
  if (destination !== undefined) return destination === 'document';
  return /(?:^|,)\s*text\/html\s*(?:[,;]|$)/i.test(header('accept') ?? '');
}
