import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Far more than anything here takes; it only ends what hangs. */
const PATIENCE = 280_000;

/** Nothing of the developer who runs this, and nothing told to anybody. */
const QUIET = { NO_COLOR: '1', FORCE_COLOR: undefined, NODE_OPTIONS: undefined, NODE_ENV: undefined };

/** What a program writes to standard output, if it succeeds; otherwise an error with all that it wrote. */
export async function run([program, ...args], cwd, env = {}) {
  try {
    const options = { cwd, env: { ...process.env, ...QUIET, ...env }, timeout: PATIENCE, maxBuffer: 1 << 26 };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { message, stdout, stderr } = error;
    throw new Error(`${message}\n${stdout}\n${stderr}`, { cause: error });
  }
}
