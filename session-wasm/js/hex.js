/** The bytes of a text in hexadecimal, by the fastest way that the runtime has. */
export function bytes(hex) {
  return globalThis.Buffer?.from(hex, 'hex') ?? Uint8Array.fromHex?.(hex) ?? each(hex);
}

function each(hex) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
