/** Seconds that this page has run, by a clock that nobody sets; it may stand still while the machine sleeps. */
export const elapsed = () => performance.now() / 1000;

/**
 * The server's time. This machine's wall clock may be wrong, so it is never asked: `elapsed` counts,
 * and what the server says of the time tells from where.
 */
export class ServerClock {
  // Bounds of what has to be added to `elapsed()`.
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /** Seconds since 1970; until the server has answered, the earliest that it can be, if anything is known. */
  now() {
    if (this.#least === Number.NEGATIVE_INFINITY) return undefined;
    return elapsed() + (Number.isFinite(this.#most) ? (this.#least + this.#most) / 2 : this.#least);
  }

  /** Not later than the server's time, for certain. */
  earliest() {
    return elapsed() + this.#least;
  }

  /** In `elapsed` seconds: from when on `seconds` has passed for certain. */
  surelyPast(seconds) {
    return seconds - this.#least;
  }

  /**
   * The `Date` of an answer that was made for this question: it is cut to whole seconds, and was written
   * at some instant between the two. Each answer narrows the bounds further.
   */
  observe(date, askedAt, answeredAt) {
    const seconds = Date.parse(date ?? '') / 1000;
    if (Number.isNaN(seconds)) return;
    this.#narrow(seconds - answeredAt, seconds + 1 - askedAt);
  }

  /** A time that was present at some instant in the past: what a cache kept, or another tab heard. */
  atLeast(seconds) {
    if (Number.isFinite(seconds)) this.#narrow(seconds - elapsed(), Number.POSITIVE_INFINITY);
  }

  #narrow(least, most) {
    // Bounds that cannot both hold: a machine that slept has stopped counting. Begin anew.
    const apart = least > this.#most || most < this.#least;
    this.#least = apart ? least : Math.max(least, this.#least);
    this.#most = apart ? most : Math.min(most, this.#most);
  }
}
