import { spawn } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { after, folder } from '../../../testing/after.js';
import { endGroup, firstLine } from '../../../testing/process.js';

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));

/** Runs FOLDER by its `wrangler.toml` with `wrangler dev`, in front of `origin`; returns its URL. */
export async function startWrangler(t, example, { origin, env = {} }) {
  // A copy, because wrangler writes beside the configuration.
  const cwd = folder(t);
  cpSync(fileURLToPath(new URL(`../${example}`, import.meta.url)), cwd, { recursive: true });
  symlinkSync(MODULES, join(cwd, 'node_modules'));
  const secrets = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(join(cwd, '.dev.vars'), secrets.join(''));

  const upstream = ['--upstream-protocol=http', `--local-upstream=${new URL(origin).host}`];
  const args = ['dev', '--ip=127.0.0.1', '--port=0', '--inspector-port=0', ...upstream];
  // Nothing of whoever runs this, and nothing from the network.
  const quiet = {
    HOME: cwd,
    XDG_CONFIG_HOME: cwd,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    CI: 'true',
  };
  const child = spawn(join(MODULES, '.bin/wrangler'), args, {
    cwd,
    detached: true,
    env: { ...process.env, ...quiet },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  after(t, () => endGroup(child));
  const log = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => log.push(String(text)));
  const [, url] = await firstLine(child, /Ready on (http:\S+)/);
  return { origin: url, log: () => log.join('') };
}
