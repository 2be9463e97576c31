import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { folder } from '../../../testing/after.js';

/** What `wrangler` resolves packages by. */
export const WORKER = ['workerd', 'worker', 'browser'];
/** What Next.js resolves the packages of middleware by. */
export const EDGE = ['edge-light', 'worker', 'browser'];
export const BROWSER = ['browser'];

const EXAMPLES = fileURLToPath(new URL('..', import.meta.url));

/** Bundles files of an example into a folder that goes away with the test, and returns the folder. */
export async function bundle(t, entryPoints, conditions, options = {}) {
  const outdir = folder(t);
  await build({
    absWorkingDir: EXAMPLES,
    entryPoints,
    outdir,
    conditions,
    bundle: true,
    format: 'esm',
    // As files beside the bundle; WebAssembly is imported as a module.
    loader: { '.wasm': 'copy', '.html': 'copy' },
    assetNames: '[name]',
    logLevel: 'warning',
    ...options,
  });
  return outdir;
}
