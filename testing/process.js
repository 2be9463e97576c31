import { once } from 'node:events';
import { createInterface } from 'node:readline';

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

/** For a child that was started `detached`, with all that it has started. */
export async function endGroup(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, 'SIGKILL');
  await once(child, 'exit');
}
