import { promisify } from 'node:util';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild, version as esbuildVersion } from 'esbuild';
import { rollup, VERSION as rollupVersion } from 'rollup';
import { build as vite, version as viteVersion } from 'vite';
import webpack from 'webpack';

import { BUILT, TESTS } from './places.js';

const fileName = 'page.js';

/** Each makes the production bundle of a page, as `built/NAME/page.js`. */
export const bundlers = {
  vite: {
    version: viteVersion,
    build: (entry, outDir = `${BUILT}/vite`) =>
      vite({
        root: TESTS,
        configFile: false,
        logLevel: 'silent',
        build: {
          outDir,
          emptyOutDir: true,
          rollupOptions: { input: entry, output: { entryFileNames: fileName } },
        },
      }),
  },
  esbuild: {
    version: esbuildVersion,
    build: (entry) =>
      esbuild({
        entryPoints: [entry],
        bundle: true,
        minify: true,
        format: 'esm',
        outfile: `${BUILT}/esbuild/${fileName}`,
        logLevel: 'silent',
      }),
  },
  webpack: {
    version: webpack.version,
    build: async (entry) => {
      const output = { path: `${BUILT}/webpack`, filename: fileName };
      const stats = await promisify(webpack)({ mode: 'production', context: TESTS, entry, output });
      if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
    },
  },
  rollup: {
    version: rollupVersion,
    build: async (input) => {
      const onLog = (level, { message }) => {
        if (level === 'warn') throw new Error(message);
      };
      const bundle = await rollup({ input, plugins: [nodeResolve({ browser: true })], onLog });
      await bundle.write({ file: `${BUILT}/rollup/${fileName}`, format: 'es' });
      await bundle.close();
    },
  },
};
