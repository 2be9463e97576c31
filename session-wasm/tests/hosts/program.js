import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** Far more than anything here takes; it only ends what hangs. */
const PATIENCE = 180_000;

const execute = promisify(execFile);

/** What a program writes to standard output, if it succeeds. */
export async function output(program, args, options = {}) {
  const { stdout } = await execute(program, args, { timeout: PATIENCE, maxBuffer: 1 << 26, ...options });
  return stdout.trim();
}

/**
 * Runs a program until `work` is done, and fails if it ends before that. It and what it started
 * are gone when this returns.
 */
export async function during([program, ...args], options, work) {
  const child = spawn(program, args, { stdio: 'ignore', detached: true, ...options });
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${program} ended with ${code} before its work was done`);
  });
  const patience = new Promise((_, reject) => {
    const timer = setTimeout(reject, PATIENCE, new Error(`${program} has reported nothing`));
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
  try {
    return await Promise.race([ended, patience, work(child)]);
  } finally {
    stop.abort();
    await kill(child);
  }
}

/** With the whole group that the program leads. */
async function kill(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exit;
}
