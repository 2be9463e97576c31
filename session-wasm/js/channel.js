import { decoder, encoder } from './utf8.js';

/** Where WebAssembly leaves the text of an answer, behind three numbers (`src/buffer.rs`). */
const TEXT = 24;
/** Room for whatever is answered to a short text. */
const FIRST_CAPACITY = 4096;

/** The memory through which texts go to a WebAssembly module, and its answers come back. */
export class Channel {
  #reserve;
  #memory;
  #capacity = FIRST_CAPACITY;
  #bytes;
  #numbers;

  /** `reserve` makes room for so many bytes in `memory`, and says where. */
  constructor(reserve, memory) {
    this.#reserve = reserve;
    this.#memory = memory;
    this.#look();
  }

  /** Writes `text` as UTF-8 and says how many bytes that takes. */
  write(text) {
    // A UTF-16 unit becomes at most three bytes.
    const needed = text.length * 3;
    if (needed > this.#capacity) {
      this.#capacity = needed;
      this.#look();
    }
    return encoder.encodeInto(text, this.#view()).written;
  }

  /** The numbers of an answer, each a `float64` of eight bytes. */
  numbers() {
    this.#view();
    return this.#numbers;
  }

  text(length) {
    return decoder.decode(this.#view().subarray(TEXT, TEXT + length));
  }

  /** The text of a session ID, several times faster than any way that takes every length. */
  sessionId() {
    const b = this.#view();
    // biome-ignore format: one line for each eight of the 22 characters
    return String.fromCharCode(
      b[24], b[25], b[26], b[27], b[28], b[29], b[30], b[31],
      b[32], b[33], b[34], b[35], b[36], b[37], b[38], b[39],
      b[40], b[41], b[42], b[43], b[44], b[45],
    );
  }

  /** Memory that has grown, for whatever reason, leaves views of what was. */
  #view() {
    if (this.#bytes.byteLength === 0) this.#look();
    return this.#bytes;
  }

  #look() {
    const place = this.#reserve(this.#capacity);
    this.#bytes = new Uint8Array(this.#memory.buffer, place, this.#capacity);
    this.#numbers = new DataView(this.#memory.buffer, place, TEXT);
  }
}
