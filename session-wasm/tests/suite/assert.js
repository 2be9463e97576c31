// The part of node:assert/strict that the suite needs, for runtimes that have no node:assert.

/** Plain data: what JSON can write, and `undefined`. */
function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
}

const show = (value) => JSON.stringify(value)?.slice(0, 500);

export function ok(value, message = `${show(value)} is not truthy`) {
  if (!value) throw new Error(message);
}

export function equal(actual, expected) {
  ok(Object.is(actual, expected), `${show(actual)} is not ${show(expected)}`);
}

export function deepEqual(actual, expected) {
  ok(same(actual, expected), `${show(actual)} is not ${show(expected)}`);
}

/** `expected` judges the error, or holds members that it must have. */
function fits(error, expected) {
  if (typeof expected === 'function') return ok(expected(error), `another error was expected: ${error}`);
  for (const [name, value] of Object.entries(expected)) deepEqual(error[name], value);
}

export function throws(call, expected) {
  try {
    call();
  } catch (error) {
    return fits(error, expected);
  }
  throw new Error('nothing was thrown');
}

export async function rejects(promise, expected) {
  try {
    await promise;
  } catch (error) {
    return fits(error, expected);
  }
  throw new Error('nothing was thrown');
}
