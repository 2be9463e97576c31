import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const stacks = new WeakMap();

/**
 * Undoes something at the end of a test, and what was done last first, which `t.after` does not: a
 * folder may go only when nobody writes into it any more.
 */
export function after(t, undo) {
  if (!stacks.has(t)) {
    const stack = [];
    stacks.set(t, stack);
    t.after(async () => {
      while (stack.length > 0) await stack.pop()();
    });
  }
  stacks.get(t).push(undo);
}

/** A folder for the time of a test. What was killed may still be going when it is removed. */
export function folder(t) {
  const dir = mkdtempSync(join(tmpdir(), 'session-test-'));
  after(t, () => rmSync(dir, { recursive: true, maxRetries: 5 }));
  return dir;
}
