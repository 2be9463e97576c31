const COOLDOWN_AFTER_FAILURE = 2;
const DEADLINE = 5;
const LOOK_AGAIN = 0.01;

const now = () => Date.now() / 1000;
/** A clock that is set back must not make what is over seem to last. */
const since = (time) => Math.abs(now() - time);
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** The keys or the feed could not be had; what is held stays as it is. */
export class RefreshError extends Error {
  name = 'RefreshError';
}

/** The text at `url`; the error that there is instead names both what was asked and why there is none. */
export async function fetchText(fetch, url, signal) {
  // A query may hold what is nobody's business.
  const [name] = url.split('?', 1);
  let response;
  try {
    response = await fetch(url, { signal });
    if (response.ok) return await response.text();
  } catch (cause) {
    throw new RefreshError(`${name} could not be fetched`, { cause });
  }
  throw new RefreshError(`${name} answered with status ${response.status}`);
}

/**
 * Fetches something by whoever needs it first, and not again before `cooldown` seconds have passed.
 *
 * Whoever comes meanwhile waits on timers of its own and never on the promise of another: on
 * Workers, a promise that belongs to one request never settles in a second one.
 */
export class Refresh {
  #load;
  #cooldown;
  #startedAt = Number.NEGATIVE_INFINITY;
  #doneAt = Number.NEGATIVE_INFINITY;
  #running = false;
  #failure;

  constructor(load, cooldown) {
    this.#load = load;
    this.#cooldown = cooldown;
  }

  /** Seconds since it last succeeded. */
  get age() {
    return since(this.#doneAt);
  }

  /** Why it did not succeed when it was last tried. */
  get failure() {
    return this.#failure ?? new RefreshError('what was asked has not been answered');
  }

  /** Whether it has succeeded just now, or had so within the cooldown. */
  async run() {
    while (this.#isRunning()) await pause(LOOK_AGAIN);
    if (this.age < this.#cooldown) return true;
    if (since(this.#startedAt) < COOLDOWN_AFTER_FAILURE) return false;
    this.#startedAt = now();
    this.#running = true;
    this.#failure = undefined;
    try {
      await this.#load(AbortSignal.timeout(DEADLINE * 1000));
      this.#doneAt = now();
      return true;
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#running = false;
    }
  }

  /** A runtime may drop a request in the middle, and nothing of it is heard again. */
  #isRunning() {
    return this.#running && since(this.#startedAt) < DEADLINE;
  }
}
