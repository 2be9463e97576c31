import { MisuseError } from './misuse.js';

const DEFAULT = 1000;

/** Characters. A longer text is verified each time, so that how much is kept is bounded too. */
const MAX_LENGTH = 4096;

/**
 * What texts were found to say that were verified, by the whole of each. Only what was good is kept, so nobody
 * who sends garbage drives out anything. A generation that is full takes the place of the one before: what is
 * seen again stays, and nothing is sorted.
 */
export class Remembered {
  #generation;
  #young = new Map();
  #old = new Map();

  /** Of so many texts, or one more. */
  constructor(count = DEFAULT) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new MisuseError('invalid_option', 'remember: expected how many, as a whole number; 0 for none');
    }
    this.#generation = Math.ceil(count / 2);
  }

  find(text) {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    const older = this.#old.get(text);
    if (older !== undefined) this.keep(text, older);
    return older;
  }

  keep(text, known) {
    if (this.#generation === 0 || text.length > MAX_LENGTH) return;
    if (this.#young.size >= this.#generation) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, known);
  }

  forget() {
    this.#young.clear();
    this.#old.clear();
  }
}
