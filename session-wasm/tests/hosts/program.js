import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** Far more than anything here takes; it only ends what hangs. */
const PATIENCE = 120_000;
/** What a browser last complained of is enough of what it complains of. */
const LAST_WORDS = 2000;

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
export async function during([program, ...args], env, work) {
  const stdio = ['ignore', 'ignore', 'pipe', 'pipe'];
  const child = spawn(program, args, { stdio, env, detached: true });
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints = (complaints + text).slice(-LAST_WORDS);
  });
  const stop = new AbortController();
  try {
    return await Promise.race([work(child), failure(child, stop.signal)]);
  } catch (error) {
    throw new Error(`${program}: ${error.message}\n${complaints}`, { cause: error });
  } finally {
    stop.abort();
    await kill(child);
  }
}

/** Rejects when the program ends, or takes too long. */
async function failure(child, signal) {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  const [code] = await once(child, 'exit', { signal: patience });
  throw new Error(`ended with ${code} before its work was done`);
}

/** With the whole group that the program leads. */
async function kill(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exit;
}
