const ID_LENGTH = 22;

/** What a cookie says of itself, from an answer that either module leaves alike (`src/buffer.rs`). */
export function unverifiedCookie(channel, answer) {
  const ids = channel.text(Math.abs(answer));
  if (answer < 0) return { reason: ids };
  const numbers = channel.numbers();
  return {
    unverified: {
      sessionId: ids.slice(0, ID_LENGTH),
      issuedAt: numbers.getFloat64(0, true),
      expiresAt: numbers.getFloat64(8, true),
      keyId: ids.slice(ID_LENGTH),
    },
  };
}
