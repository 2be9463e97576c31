/**
 * The server's time, in seconds since 1970. This machine's wall clock may be wrong, so it is never
 * asked: `performance.now()` counts, and the `Date` of every answer says from where.
 */

// Bounds of what has to be added to `performance.now()`. `Date` is cut to whole seconds and was
// written at some instant between question and answer; each answer narrows the bounds further.
let least = Number.NEGATIVE_INFINITY;
let most = Number.POSITIVE_INFINITY;

export function observe(date: string | null, askedAt: number, answeredAt: number): void {
  const seconds = Date.parse(date ?? '') / 1000;
  if (Number.isNaN(seconds)) return;
  const low = seconds - answeredAt / 1000;
  const high = seconds + 1 - askedAt / 1000;
  // Bounds that cannot both hold: a machine that slept has stopped counting. Begin anew.
  const apart = low > most || high < least;
  least = apart ? low : Math.max(least, low);
  most = apart ? high : Math.min(most, high);
}

export function now(): number {
  return performance.now() / 1000 + (least + most) / 2;
}
