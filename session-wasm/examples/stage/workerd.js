import { spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { after, folder } from '../../../testing/after.js';
import { end, firstLine } from '../../../testing/process.js';
import { bundle, WORKER } from './bundle.js';

const WORKERD = fileURLToPath(new URL('../node_modules/.bin/workerd', import.meta.url));

/** Runs `FOLDER/config.capnp` with its bundled `worker.js`, in front of `origin`; returns its URL. */
export async function startWorkerd(t, example, { origin, env = {} }) {
  const config = fileURLToPath(new URL(`../${example}/config.capnp`, import.meta.url));
  const imports = folder(t);
  symlinkSync(await bundle(t, [`${example}/worker.js`], WORKER), join(imports, 'built'));

  const args = ['serve', config, `--import-path=${imports}`, '--control-fd=3'];
  args.push('--socket-addr=http=127.0.0.1:0', `--external-addr=origin=${new URL(origin).host}`);
  const stdio = ['ignore', 'inherit', 'pipe', 'pipe'];
  const child = spawn(WORKERD, args, { env: { ...process.env, ...env }, stdio });
  after(t, () => end(child));
  const log = [];
  child.stderr.on('data', (text) => log.push(String(text)));
  const [, port] = await firstLine(child, /"event":"listen".*"port":(\d+)/, child.stdio[3]);
  return { origin: `http://127.0.0.1:${port}`, log: () => log.join('') };
}
