import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { EdgeRuntime } from 'edge-runtime';
import { build } from 'esbuild';

import { BUILT, bin, FILES, SESSION_WASM, TESTS } from './places.js';
import { output } from './program.js';

const GUESTS = `${TESTS}/guests`;

const bundle = (guest, options) =>
  build({ entryPoints: [guest], bundle: true, logLevel: 'silent', ...options });

/** As `wrangler` bundles: under these conditions, with the `.wasm` files beside the code. */
export async function workerd(guest = `${GUESTS}/workerd.js`) {
  await bundle(guest, {
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    outdir: BUILT,
    entryNames: 'workerd',
  });
  const [, version] = (await output(bin('workerd'), ['--version'])).split(' ');
  const paths = [FILES, `${TESTS}/node_modules`].map((path) => `--import-path=${path}`);
  const args = ['test', `${TESTS}/hosts/workerd.capnp`, ...paths, `--directory-path=files=${FILES}`];
  return JSON.parse(await output(bin('workerd'), args, { env: { WORKERD_VERSION: version } }));
}

/**
 * As Next.js does it: `?module` names a module that is compiled outside, and nothing may be
 * compiled inside.
 */
export async function edgeRuntime() {
  const outfile = `${BUILT}/edge-runtime.js`;
  const conditions = ['edge-light', 'worker', 'browser'];
  await bundle(`${GUESTS}/edge-runtime.js`, {
    format: 'iife',
    conditions,
    plugins: [compiledOutside],
    outfile,
  });
  const modules = { wasm_cookie: await compiled('cookie'), wasm_statement: await compiled('statement') };
  const runtime = new EdgeRuntime({
    initialCode: await readFile(outfile, 'utf8'),
    codeGeneration: { strings: false, wasm: false },
    extend: (context) => Object.assign(context, modules),
  });
  const report = await runtime.evaluate('conformHere')((path) => readFile(`${FILES}/${path}`, 'utf8'));
  const { version } = createRequire(import.meta.url)('edge-runtime/package.json');
  return { version, ...JSON.parse(report) };
}

const compiled = async (name) => WebAssembly.compile(await readFile(`${SESSION_WASM}/package/${name}.wasm`));

const compiledOutside = {
  name: 'compiled-outside',
  setup({ onResolve, onLoad }) {
    const filter = /(\w+)\.wasm\?module$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'outside' }));
    onLoad({ filter, namespace: 'outside' }, ({ path }) => ({
      contents: `export default globalThis.wasm_${path.match(filter)[1]};`,
    }));
  },
};
