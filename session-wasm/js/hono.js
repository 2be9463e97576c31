import { authentic } from './checks/authentic.js';
import { current } from './checks/current.js';
import { live } from './checks/live.js';
import { isUpgrade, responseOf, visitOf } from './guard/fetch-style.js';
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
  return async (c, next) => {
    const { session, answer, setCookies } = await guard.judge(visitOf(c.req.raw, c));
    if (answer) {
      c.res = responseOf(answer);
    } else {
      c.set(guard.member, session);
      await next();
    }
    if (isUpgrade(c.res)) return;
    // On what was answered, which by then may be any `Response` of the application.
    for (const cookie of setCookies) c.header('Set-Cookie', cookie, { append: true });
    // It may be about one person; whoever knows better has said so.
    if (session && !c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
  };
}
