import { authentic } from './checks/authentic.js';
import { current } from './checks/current.js';
import { live } from './checks/live.js';
import { required, sought } from './guard/guard.js';
import { MisuseError } from './misuse.js';

export { MisuseError };

export const requireAuthentic = (options = {}) => middleware(required(authentic, options));
export const requireCurrent = (options = {}) => middleware(required(current, options));
export const requireLive = (options = {}) => middleware(required(live, options));
export const maybeAuthentic = (options = {}) => middleware(sought(authentic, options));
export const maybeCurrent = (options = {}) => middleware(sought(current, options));
export const maybeLive = (options = {}) => middleware(sought(live, options));

function middleware(guard) {
  return async (request, response, next) => {
    try {
      const { session, answer, setCookies } = await guard.judge(visit(request));
      for (const cookie of setCookies) response.appendHeader('Set-Cookie', cookie);
      if (answer) return send(response, answer);
      if (session) keepFromCaches(response);
      request[guard.member] = session;
    } catch (error) {
      return next(error);
    }
    next();
  };
}

function visit(request) {
  const { method, url, originalUrl = url, headers } = request;
  return {
    request,
    method,
    path: originalUrl,
    host: headers.host ?? headers[':authority'],
    header: (name) => headers[name],
  };
}

function send(response, { status, headers, body }) {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}

/** What follows may be about one person; whoever knows better says so. */
function keepFromCaches(response) {
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');
}
