const COOLDOWN_AFTER_FAILURE = 2;
const DEADLINE = 5;
const LOOK_AGAIN = 0.01;

const now = () => Date.now() / 1000;
/** A clock that is set back must not make what is over seem to last. */
const since = (time) => Math.abs(now() - time);
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

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

  constructor(load, cooldown) {
    this.#load = load;
    this.#cooldown = cooldown;
  }

  /** Seconds since it last succeeded. */
  get age() {
    return since(this.#doneAt);
  }

  /** Whether it has succeeded just now, or had so within the cooldown. */
  async run() {
    while (this.#isRunning()) await pause(LOOK_AGAIN);
    if (this.age < this.#cooldown) return true;
    if (since(this.#startedAt) < COOLDOWN_AFTER_FAILURE) return false;
    this.#startedAt = now();
    this.#running = true;
    try {
      await this.#load(AbortSignal.timeout(DEADLINE * 1000));
      this.#doneAt = now();
      return true;
    } finally {
      this.#running = false;
    }
  }

  /** A runtime may drop a request in the middle, and nothing of it is heard again. */
  #isRunning() {
    return this.#running && since(this.#startedAt) < DEADLINE;
  }
}
