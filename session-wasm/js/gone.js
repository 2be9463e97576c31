/** Calls `release` with what an object that is gone was registered with. */
export function whenGone(release) {
  // Workers of a compatibility date before May 2025 cannot tell, and keep what they once had.
  return 'FinalizationRegistry' in globalThis ? new FinalizationRegistry(release) : { register() {} };
}
