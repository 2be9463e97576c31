/** The last minutes of one chart: how much was counted from each look to the next. Pure, as what it is made of. */

import type { Counts, Look } from './metrics';

/** Seconds. */
export const WINDOW = 300;

/** What came of the time from one look to the next. */
export interface Step {
  at: number;
  seconds: number;
  /** `undefined` where nobody answered, or the server does not count it. */
  counts: Counts | undefined;
}

export class History {
  readonly steps: Step[] = [];
  #last: { at: number; look: Look } | undefined;
  readonly #count: (before: Look, after: Look) => Counts | undefined;

  /** `count` says by how much what is shown has grown. */
  constructor(count: (before: Look, after: Look) => Counts | undefined) {
    this.#count = count;
  }

  /** Adds a look, or that there was none. What was counted meanwhile is in the next one. */
  add(at: number, look: Look | undefined): void {
    const last = this.#last;
    if (look) this.#last = { at, look };
    if (last) {
      const counts = look && this.#count(last.look, look);
      this.steps.push({ at, seconds: at - last.at, counts });
    }
    while (at - (this.steps[0]?.at ?? at) > WINDOW) this.steps.shift();
  }

  /** Whether the server counts it at all, as far as is known. */
  get isThere(): boolean {
    const { look } = this.#last ?? {};
    return look === undefined || this.#count(look, look) !== undefined;
  }

  /** All of it, or of the last so many steps up to `end`, with the seconds in which it was counted. */
  total(end = this.steps.length, length = end): { counts: Counts; seconds: number } {
    const counts = new Map<string, number>();
    let seconds = 0;
    for (const step of this.steps.slice(Math.max(0, end - length), end)) {
      if (!step.counts) continue;
      seconds += step.seconds;
      for (const [name, count] of step.counts) counts.set(name, (counts.get(name) ?? 0) + count);
    }
    return { counts, seconds };
  }
}
