import { headers } from 'next/headers.js';
import { NextResponse } from 'next/server.js';

import { authentic } from './checks/authentic.js';
import { current } from './checks/current.js';
import { live } from './checks/live.js';
import { responseOf, visitOf } from './guard/fetch-style.js';
import { checkOf, required, sought } from './guard/guard.js';
import { sessionHeaders } from './guard/onward.js';
import { MisuseError } from './misuse.js';

export { MisuseError };

export const requireAuthentic = (options = {}) => middleware(required(authentic, options));
export const requireCurrent = (options = {}) => middleware(required(current, options));
export const requireLive = (options = {}) => middleware(required(live, options));
export const maybeAuthentic = (options = {}) => middleware(sought(authentic, options));
export const maybeCurrent = (options = {}) => middleware(sought(current, options));
export const maybeLive = (options = {}) => middleware(sought(live, options));

export const authenticSession = (options = {}) => reader(checkOf(authentic, options), options);
export const currentSession = (options = {}) => reader(checkOf(current, options), options);
export const liveSession = (options = {}) => reader(checkOf(live, options), options);

/** Nobody can tell whether there is a session: no `undefined`, which would say that there is none. */
class SessionsUnavailableError extends Error {
  name = 'SessionsUnavailableError';
}

function middleware(guard) {
  return async (request) => {
    const { session, answer, setCookies } = await guard.judge(visitOf(request, request));
    const response = answer
      ? responseOf(absolute(answer, request))
      : NextResponse.next({ request: { headers: sessionHeaders(request, session) } });
    for (const cookie of setCookies) response.headers.append('Set-Cookie', cookie);
    return response;
  };
}

/** Next.js takes no other, and makes it relative again. */
function absolute(answer, { url }) {
  const { Location } = answer.headers;
  if (Location === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, Location: new URL(Location, url).href } };
}

/** For server components, actions and route handlers, which have no request in hand. */
function reader(check, { passive = false }) {
  return async () => {
    const said = await headers();
    const question = { passive: passive || said.get('session-activity') === 'passive' };
    const { verdict } = await check.judge(said.get('cookie') ?? undefined, question);
    if (verdict.ok) return verdict;
    if (!verdict.cause && verdict.reason !== 'renewed') return undefined;
    const { cause, reason } = verdict;
    throw new SessionsUnavailableError(`sessions cannot be checked: ${reason}`, { cause });
  };
}
