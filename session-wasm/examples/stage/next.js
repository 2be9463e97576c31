import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { after } from '../../../testing/after.js';
import { endGroup, firstLine } from '../../../testing/process.js';

const EXAMPLES = fileURLToPath(new URL('..', import.meta.url));
const NEXT = `${EXAMPLES}node_modules/next/dist/bin/next`;
/** Nothing of whoever runs this, and nothing to anybody. */
const QUIET = { NEXT_TELEMETRY_DISABLED: '1', CI: 'true' };

/** Builds the example in a folder beside it, where the package is as an application has it: no link, but a copy. */
export async function buildNext(t) {
  const folder = mkdtempSync(`${EXAMPLES}.next-`);
  t.after(() => rmSync(folder, { recursive: true, maxRetries: 5 }));
  cpSync(`${EXAMPLES}next`, folder, { recursive: true });
  cpSync(`${EXAMPLES}../package`, `${folder}/node_modules/session-wasm`, { recursive: true });
  const env = { ...process.env, ...QUIET, ISSUER: 'https://app.example' };
  await promisify(execFile)(process.execPath, [NEXT, 'build'], { cwd: folder, env });
  return folder;
}

/** Runs what was built; returns its URL. */
export async function startNext(t, folder, env) {
  const args = [NEXT, 'start', '--port', '0', '--hostname', '127.0.0.1'];
  const stdio = ['ignore', 'pipe', 'inherit'];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...QUIET, ...env },
    detached: true,
    stdio,
  });
  after(t, () => endGroup(child));
  return (await firstLine(child, /(http:\/\/127\.0\.0\.1:\d+)/))[1];
}
