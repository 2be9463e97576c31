import { elapsed } from './server-clock.js';

/** Seconds, when the server does not say when to come again. */
const RETRY_AFTER = 1;

/**
 * What a page asks its session server. Only the server's own word ends a session: whatever else comes
 * back, from a proxy, a captive portal or nobody, is `{ kind: 'away' }`.
 */
export class Questions {
  #baseUrl;
  #clock;
  #patience;

  constructor(baseUrl, clock, patience) {
    this.#baseUrl = baseUrl;
    this.#clock = clock;
    this.#patience = patience;
  }

  /** `{ kind: 'live', view }`, `{ kind: 'none', reason }` or `{ kind: 'away', retryAfter }`. */
  async session(active, signal) {
    const headers = { Accept: 'application/json' };
    if (!active) headers['Session-Activity'] = 'passive';
    const askedAt = elapsed();
    return this.#ask('/session', { headers, cache: 'no-store' }, signal, async (response) => {
      const body = await response.json();
      const isLive = response.ok && isView(body);
      if (!isLive && !(response.status === 401 && body.code === 'no_session')) return undefined;
      this.#clock.observe(response.headers.get('Date'), askedAt, elapsed());
      return isLive ? { kind: 'live', view: body } : { kind: 'none', reason: body.reason };
    });
  }

  /** `{ kind: 'text', text }` of a public document, `{ kind: 'missing' }`, or `{ kind: 'away', retryAfter }`. */
  async document(path, cache, signal) {
    return this.#ask(path, { cache }, signal, async (response) => {
      if (response.status === 404) return { kind: 'missing' };
      if (!response.ok) return undefined;
      // A cache on the way may have kept it with the time of its making.
      this.#clock.atLeast(Date.parse(response.headers.get('Date') ?? '') / 1000);
      return { kind: 'text', text: await response.text() };
    });
  }

  async #ask(path, options, signal, read) {
    let retryAfter = RETRY_AFTER;
    const askedAt = elapsed();
    try {
      const timeout = AbortSignal.timeout(this.#patience * 1000);
      const limited = { ...options, signal: AbortSignal.any([signal, timeout]) };
      const response = await fetch(this.#baseUrl + path, limited);
      retryAfter = Number(response.headers.get('Retry-After')) || RETRY_AFTER;
      const answer = await read(response);
      // A tab that was frozen meanwhile reads an old answer.
      if (answer && elapsed() - askedAt <= this.#patience) return answer;
    } catch {
      // Lost on the way, too late, or not what it should be.
    }
    return { kind: 'away', retryAfter };
  }
}

function isView(body) {
  const { session_id, subject, statement, idle_expires_at, absolute_expires_at } = body ?? {};
  const areTexts = [session_id, subject, statement].every((value) => typeof value === 'string');
  return areTexts && [idle_expires_at, absolute_expires_at].every(Number.isSafeInteger);
}
