import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

/** What `wrangler` resolves packages by. */
export const WORKER = ['workerd', 'worker', 'browser'];
/** What Next.js resolves the packages of middleware by. */
export const EDGE = ['edge-light', 'worker', 'browser'];
export const BROWSER = ['browser'];

const EXAMPLES = fileURLToPath(new URL('..', import.meta.url));

/** Bundles an example's file into a folder that goes away with the test, and returns the folder. */
export async function bundle(t, entry, conditions, options = {}) {
  const outdir = mkdtempSync(join(tmpdir(), 'session-example-'));
  t.after(() => rmSync(outdir, { recursive: true }));
  await build({
    absWorkingDir: EXAMPLES,
    entryPoints: entry ? [entry] : [],
    outdir,
    conditions,
    bundle: true,
    format: 'esm',
    // As files beside the bundle, imported as modules.
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    logLevel: 'warning',
    ...options,
  });
  return outdir;
}
