import { cookieValues, StatementVerifier } from '#statement';
import { text } from '../misuse.js';
import { LiveVerifier, uncached } from './live-verifier.js';
import { ownFetch } from './option.js';

/** Of whom the server can say more: a statement lasts five minutes, a session for hours. */
const WORTH_A_QUESTION = ['absent', 'expired', 'unknown_key'];

/** *Current*, by the statement cookie, public keys and the revocation feed. */
export function current({
  statementCookie = '__Host-session-statement',
  cookieName = '__Host-session',
  server,
  ...options
}) {
  const statementName = text(statementCookie, 'invalid_option', 'statementCookie');
  const name = text(cookieName, 'invalid_option', 'cookieName');
  const fetch = options.fetch ?? ownFetch;
  const verifier = new StatementVerifier({
    ...options,
    fetch: (url, init) => fetch(url, { ...init, ...uncached() }),
  });
  const live = server === undefined ? undefined : new LiveVerifier({ ...options, server });

  async function judge(cookie, question) {
    const header = cookie ?? '';
    const [statement] = cookieValues(header, statementName);
    const verdict = await verifier.verifyCurrent(statement);
    const isWorthIt = live && WORTH_A_QUESTION.includes(verdict.reason);
    if (!isWorthIt || cookieValues(header, name).length === 0) return { verdict, setCookies: [] };
    const answer = await live.verifyLive(header, question);
    return { verdict: await anew(verdict, answer), setCookies: answer.setCookies };
  }

  /** By the statement that the server gave with its yes. If that is not good either, the fault is not the visitor's. */
  async function anew(verdict, answer) {
    if (['renewed', 'unavailable'].includes(answer.reason)) return answer;
    if (!answer.ok) return verdict;
    const fresh = await verifier.verifyCurrent(answer.statement);
    if (fresh.ok || fresh.cause) return fresh;
    return {
      ok: false,
      reason: 'unavailable',
      cause: new Error(`a fresh statement is refused: ${fresh.reason}`),
    };
  }

  return { member: 'currentSession', judge };
}
