import { LiveVerifier } from './live-verifier.js';

/** *Live*, by the server's word. */
export function live(options) {
  const verifier = new LiveVerifier(options);
  async function judge(cookie, question) {
    const { setCookies, ...verdict } = await verifier.verifyLive(cookie, question);
    return { verdict, setCookies };
  }
  return { member: 'liveSession', judge };
}
