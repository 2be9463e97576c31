import { MisuseError } from '../misuse.js';

/**
 * The conditions of `exports` keep this module from bundles for browsers, edges and production. What is left is a
 * program that loads it all the same.
 */
export function refuseInProduction() {
  if (environment() !== 'production') return;
  throw new MisuseError(
    'not_for_production',
    'session-wasm/testing makes cookies that anybody could make: it is for tests, and NODE_ENV is `production`',
  );
}

function environment() {
  try {
    // Not in one word, or the bundler that makes this package would answer for the program that uses it.
    const { NODE_ENV } = process.env;
    return NODE_ENV;
  } catch {
    return undefined; // No such thing here, or Deno does not let it be read.
  }
}
