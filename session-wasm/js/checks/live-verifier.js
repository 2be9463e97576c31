import { text } from '../misuse.js';
import { functionIfAny, ownFetch, seconds, serverUrl, verifierIfAny } from './option.js';
import { hash, RefusalMemory } from './refusal-memory.js';

/** What the server says of who has no session. Another 401 is not its own, but that of something before it. */
const REFUSALS = ['absent', 'invalid', 'expired', 'ended'];

/** Seconds, where the server does not say when to come again. */
const RETRY_AFTER = 1;

/** Asks the session server, which alone knows what is *live*. */
export class LiveVerifier {
  #url;
  #deadline;
  #memory;
  #fetch;
  #cookies;

  constructor({ server, deadline = 2, rememberRefusals = 5, fetch = ownFetch, cookies } = {}) {
    this.#url = `${serverUrl(server)}/session`;
    this.#deadline = seconds(deadline, 'deadline', 0.001);
    this.#memory = new RefusalMemory(seconds(rememberRefusals, 'rememberRefusals', 0));
    this.#fetch = functionIfAny(fetch, 'fetch');
    this.#cookies = verifierIfAny(cookies);
  }

  async verifyLive(cookie, { passive = false, clientAddress } = {}) {
    if (cookie === undefined || cookie === null) return refused('absent');
    const header = text(cookie, 'invalid_cookie', 'a Cookie header');
    const authentic = this.#cookies?.verify(header);
    const forged = authentic && refusalOf(authentic);
    if (forged) return refused(forged);
    const key = await hash(header);
    const known = this.#memory.find(key);
    if (known) return known;
    const verdict = await this.#ask(header, passive, clientAddress);
    if (REFUSALS.includes(verdict.reason)) this.#memory.keep(key, verdict);
    return authentic?.ok && verdict.ok && verdict.sessionId !== authentic.sessionId
      ? unavailable(new UnavailableError(`${this.#url} answered about another session`))
      : verdict;
  }

  /** These headers and no others: nothing else that a client says goes along. */
  async #ask(cookie, passive, clientAddress) {
    const headers = { Accept: 'application/json', Cookie: cookie };
    if (passive) headers['Session-Activity'] = 'passive';
    if (clientAddress !== undefined) headers['X-Forwarded-For'] = clientAddress;
    try {
      const signal = AbortSignal.timeout(this.#deadline * 1000);
      const init = { headers, signal, redirect: 'manual', ...uncached() };
      const answer = await this.#fetch(this.#url, init);
      // Whatever stands before the server may answer with something else.
      const body = await answer.json().catch((cause) => ({ cause }));
      return this.#read(answer, body ?? {});
    } catch (cause) {
      return unavailable(new UnavailableError(`${this.#url} could not be asked`, { cause }));
    }
  }

  #read({ status, headers }, body) {
    const setCookies = headers.getSetCookie();
    if (status === 200 && isView(body)) return { ...session(body), setCookies };
    if (status === 401 && body.code === 'no_session' && REFUSALS.includes(body.reason)) {
      return { ...refused(body.reason), setCookies };
    }
    if (status === 409 && body.code === 'session_renewed') return refused('renewed');
    const { cause, code } = body;
    const said = code ? `status ${status}, ${code}` : `status ${status}, and not as a session server does`;
    const retryAfter = Number(headers.get('Retry-After')) || RETRY_AFTER;
    return unavailable(new UnavailableError(`${this.#url} answered with ${said}`, { cause }), retryAfter);
  }
}

/** The session server could not be asked, or its answer is none. */
class UnavailableError extends Error {
  name = 'UnavailableError';
}

const refused = (reason) => ({ ok: false, reason, setCookies: [] });
const unavailable = (cause, retryAfter = RETRY_AFTER) => ({ ...refused('unavailable'), cause, retryAfter });

/** What need not be asked. The server knows what to do where there are two, and whose clock is right. */
function refusalOf({ ok, reason }) {
  if (ok || ['ambiguous', 'not_yet_valid'].includes(reason)) return undefined;
  return REFUSALS.includes(reason) ? reason : 'invalid';
}

function isView(body) {
  const { session_id, subject, statement, idle_expires_at, absolute_expires_at } = body;
  const areTexts = [session_id, subject, statement].every((value) => typeof value === 'string');
  return areTexts && [idle_expires_at, absolute_expires_at].every(Number.isSafeInteger);
}

/** In the names that every verdict of this package has. */
const session = (view) => ({
  ok: true,
  subject: view.subject,
  sessionId: view.session_id,
  claims: view.claims,
  createdAt: view.created_at,
  authenticatedAt: view.authenticated_at,
  idleExpiresAt: view.idle_expires_at,
  absoluteExpiresAt: view.absolute_expires_at,
  statement: view.statement,
});

let noStore;

/** Next.js keeps what is fetched unless it is told not to; older Workers do not know the word. */
export function uncached() {
  try {
    noStore ??= { cache: new Request('https://app.example', { cache: 'no-store' }).cache };
  } catch {
    noStore = {};
  }
  return noStore;
}
