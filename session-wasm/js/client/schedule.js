import { elapsed } from './server-clock.js';

/** Seconds. */
const MAX_BACKOFF = 30;
/** Between two questions that this tab asks without being told to. */
const SPACING = 1;
/** At most so long after the tab that asks for all come the others, if it says nothing. */
const LAG = 1;

/**
 * When a tab has to ask, and what. All times are in seconds of `elapsed`, so that neither a wall clock
 * nor a correction of the server's time moves them.
 */
export class Schedule {
  /** When the server last said something about the session, here or to another tab. */
  answeredAt = Number.NEGATIVE_INFINITY;
  #polledAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #wantedAt = Number.POSITIVE_INFINITY;
  #retryAt = Number.POSITIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #lag = 0;

  /** Something has happened that only the server can explain. */
  want() {
    this.#wantedAt = Math.min(this.#wantedAt, elapsed() + this.#lag);
  }

  asked() {
    this.#askedAt = elapsed();
  }

  /** The tab that has asked will ask next time, and the others follow only if it does not. */
  answered(heard) {
    this.answeredAt = elapsed();
    this.#wantedAt = this.#retryAt = Number.POSITIVE_INFINITY;
    this.#failures = 0;
    this.polled(heard);
  }

  polled(heard) {
    this.#polledAt = elapsed();
    this.#lag = heard ? (LAG * (1 + Math.random())) / 2 : 0;
  }

  /** Tries again after what the server asked for, twice as long each time, and never all at once. */
  failed(retryAfter, heard) {
    const backoff = Math.max(retryAfter, Math.min(MAX_BACKOFF, 2 ** this.#failures));
    this.#failures += 1;
    this.#wantedAt = Number.POSITIVE_INFINITY;
    this.#retryAt = elapsed() + backoff * (1 + Math.random() / 2) + (heard ? LAG : 0);
  }

  /** Another tab is asking at this moment. */
  yielded() {
    this.#notBefore = elapsed() + SPACING;
  }

  /**
   * When to ask about the session: as soon as something calls for it, again after a failure, before the
   * statement is stale, before warning, and at the end of what is known.
   */
  sessionAt(times, unavailable) {
    const due = unavailable ? this.#retryAt : this.#foreseenAt(times) + this.#lag;
    return Math.max(Math.min(due, this.#wantedAt), this.#askedAt + SPACING, this.#notBefore);
  }

  /** When to look at the revocation feed. */
  pollAt(every) {
    return Math.max(this.#polledAt + every + this.#lag, this.#notBefore);
  }
  #foreseenAt(times) {
    if (!times) return Number.POSITIVE_INFINITY;
    return Math.min(
      Math.max(times.staleAt, this.answeredAt + 5 * SPACING),
      times.warnAt > this.answeredAt ? times.warnAt : Number.POSITIVE_INFINITY,
      Math.max(times.endsAt, this.answeredAt + SPACING),
    );
  }
}
