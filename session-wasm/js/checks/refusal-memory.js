const now = () => Date.now() / 1000;

/** At most so many, of some hundred bytes each: whoever is refused decides how many there are. */
const CAPACITY = 10_000;

/**
 * What the server refused a moment ago, so that a flood with one dead cookie is no flood on the server.
 * A yes is never kept: the next moment may be that of a log-out.
 */
export class RefusalMemory {
  #span;
  /** By the hash of what was refused, oldest first. */
  #refusals = new Map();

  /** Keeps each for `span` seconds. */
  constructor(span) {
    this.#span = span;
  }

  find(key) {
    const kept = this.#refusals.get(key);
    // A clock that is set back must not make what is over seem to last.
    return kept && Math.abs(now() - kept.at) < this.#span ? kept.refusal : undefined;
  }

  keep(key, refusal) {
    if (this.#span === 0) return;
    this.#refusals.delete(key);
    this.#refusals.set(key, { refusal, at: now() });
    if (this.#refusals.size <= CAPACITY) return;
    const [oldest] = this.#refusals.keys();
    this.#refusals.delete(oldest);
  }
}

/** What is kept instead of a cookie, which may be a credential elsewhere. */
export async function hash(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return String.fromCharCode(...new Uint8Array(digest));
}
