import { MisuseError, publicOrigin, text } from '../misuse.js';

const CODE = 'invalid_option';

/** What fetches where nothing else was given. Looked up at each call: a test may have put another in its place. */
export const ownFetch = (...args) => globalThis.fetch(...args);

/** A span in seconds. */
export function seconds(value, name, least) {
  if (typeof value === 'number' && value >= least && value < Number.POSITIVE_INFINITY) return value;
  throw new MisuseError(CODE, `${name}: expected seconds, as a number of at least ${least}`);
}

/** Where the session server answers, perhaps beneath a prefix. */
export function serverUrl(value) {
  const url = text(value, CODE, 'server, the URL of the session server,');
  try {
    const { protocol, username, search, hash } = new URL(url);
    if (/^https?:$/.test(protocol) && !username && !search && !hash) return url.replace(/\/+$/, '');
  } catch {
    // Not even a URL.
  }
  throw new MisuseError(
    CODE,
    'server: expected the URL of the session server, such as http://127.0.0.1:8080 or https://app.example/_session',
  );
}

export function functionIfAny(value, name) {
  if (value === undefined || typeof value === 'function') return value;
  throw new MisuseError(CODE, `${name}: expected a function`);
}

/** It is given made: whoever has no keys for cookies need not load what checks them. */
export function verifierIfAny(value) {
  if (value === undefined || typeof value?.verify === 'function') return value;
  throw new MisuseError(CODE, 'cookies: expected a CookieVerifier');
}

export const origins = (list = []) => list.map((origin) => publicOrigin(origin, CODE, 'origins'));
