// Jest's jsdom keeps the encoders of its Node.js to itself, and gives `Buffer`.
const { Buffer, TextDecoder, TextEncoder } = globalThis;

const over = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export const encoder = TextEncoder
  ? new TextEncoder()
  : { encodeInto: (text, bytes) => ({ written: over(bytes).write(text) }) };

export const decoder = TextDecoder ? new TextDecoder() : { decode: (bytes) => over(bytes).toString() };
