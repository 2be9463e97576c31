import { authentic } from './checks/authentic.js';
import { current } from './checks/current.js';
import { live } from './checks/live.js';
import { responseOf, visitOf, withCookies } from './guard/fetch-style.js';
import { required, sought } from './guard/guard.js';
import { MisuseError } from './misuse.js';

export { LiveVerifier } from './checks/live-verifier.js';
export { sessionHeaders } from './guard/onward.js';
export { MisuseError };

export const requireAuthentic = (options = {}) => wrapper(required(authentic, options));
export const requireCurrent = (options = {}) => wrapper(required(current, options));
export const requireLive = (options = {}) => wrapper(required(live, options));
export const maybeAuthentic = (options = {}) => wrapper(sought(authentic, options));
export const maybeCurrent = (options = {}) => wrapper(sought(current, options));
export const maybeLive = (options = {}) => wrapper(sought(live, options));

const wrapper =
  (guard) =>
  (handler) =>
  async (request, ...rest) => {
    const { session, answer, setCookies } = await guard.judge(visitOf(request, request));
    const response = answer ? responseOf(answer) : await handler(request, session, ...rest);
    return withCookies(response, setCookies, session);
  };
