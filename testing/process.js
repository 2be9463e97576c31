import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** The first line of what `child` writes that matches; an error when it ends without one. */
export async function firstLine(child, pattern, stream = child.stdout) {
  for await (const line of createInterface({ input: stream })) {
    const match = pattern.exec(line);
    if (!match) continue;
    stream.resume();
    return match;
  }
  throw new Error(`${child.spawnargs[0]} ended without a line that matches ${pattern}`);
}

/** Ends a process that these tests have started, frozen or not. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/**
 * Ends a child that was started `detached`, and all that it has started: a browser that is closing
 * still writes into its home.
 */
export async function endGroup(child) {
  const isThere = () => {
    try {
      return process.kill(-child.pid, 'SIGKILL');
    } catch {
      return false; // No process of this group is left.
    }
  };
  while (isThere()) await pause(20);
}
