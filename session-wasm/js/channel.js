const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where WebAssembly leaves the text of an answer, behind four numbers (`src/buffer.rs`). */
const TEXT = 32;
const FIRST_CAPACITY = 4096;

/** The memory through which texts go to a WebAssembly object, and its answers come back. */
export class Channel {
  #object;
  #memory;
  #capacity = 0;
  #bytes = new Uint8Array();
  #numbers;

  constructor(object, memory) {
    this.#object = object;
    this.#memory = memory;
    this.#reserve(FIRST_CAPACITY);
  }

  /** Writes `text` as UTF-8 and says how many bytes that takes. */
  write(text) {
    // A UTF-16 unit becomes at most three bytes.
    const needed = text.length * 3;
    // Memory that has grown, for this object or another, leaves views of what was.
    if (needed > this.#capacity || this.#bytes.byteLength === 0) this.#reserve(needed);
    return encoder.encodeInto(text, this.#bytes).written;
  }

  number(place) {
    return this.#view().getFloat64(place * 8, true);
  }

  text(length) {
    this.#view();
    return decoder.decode(this.#bytes.subarray(TEXT, TEXT + length));
  }

  /** The text of a session ID, several times faster than any way that takes every length. */
  sessionId() {
    this.#view();
    const b = this.#bytes;
    // biome-ignore format: one line for each eight of the 22 characters
    return String.fromCharCode(
      b[32], b[33], b[34], b[35], b[36], b[37], b[38], b[39],
      b[40], b[41], b[42], b[43], b[44], b[45], b[46], b[47],
      b[48], b[49], b[50], b[51], b[52], b[53],
    );
  }

  #view() {
    if (this.#bytes.byteLength === 0) this.#reserve(this.#capacity);
    return this.#numbers;
  }

  #reserve(capacity) {
    this.#capacity = Math.max(capacity, this.#capacity);
    const place = this.#object.reserve(this.#capacity);
    this.#bytes = new Uint8Array(this.#memory.buffer, place, this.#capacity);
    this.#numbers = new DataView(this.#memory.buffer, place, TEXT);
  }
}
