import { authentic } from './checks/authentic.js';
import { current } from './checks/current.js';
import { live } from './checks/live.js';
import { required, sought } from './guard/guard.js';
import { MisuseError } from './misuse.js';

export { MisuseError };

export const requireAuthentic = (options = {}) => hook(required(authentic, options));
export const requireCurrent = (options = {}) => hook(required(current, options));
export const requireLive = (options = {}) => hook(required(live, options));
export const maybeAuthentic = (options = {}) => hook(sought(authentic, options));
export const maybeCurrent = (options = {}) => hook(sought(current, options));
export const maybeLive = (options = {}) => hook(sought(live, options));

function hook(guard) {
  return async (request, reply) => {
    const { session, answer, setCookies } = await guard.judge(visit(request));
    for (const cookie of setCookies) reply.header('Set-Cookie', cookie);
    if (answer) return reply.code(answer.status).headers(answer.headers).send(answer.body);
    // What follows may be about one person; whoever knows better says so.
    if (session && !reply.hasHeader('Cache-Control')) reply.header('Cache-Control', 'no-store');
    request[guard.member] = session;
  };
}

function visit(request) {
  const { method, originalUrl, headers } = request;
  return {
    request,
    method,
    path: originalUrl,
    host: headers.host ?? headers[':authority'],
    header: (name) => headers[name],
  };
}
