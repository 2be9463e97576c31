import { CookieVerifier } from '#cookie';

/** *Authentic*, by the keys of the session cookie: computed here, and nobody is asked. */
export function authentic(options) {
  const verifier = new CookieVerifier(options);
  return {
    member: 'authenticSession',
    judge: async (cookie) => ({ verdict: verifier.verify(cookie), setCookies: [] }),
  };
}
