import { build } from 'esbuild';

import { chromium, firefox, webkitgtk } from '../tests/hosts/browser.js';
import { workerd } from '../tests/hosts/edges.js';
import { BUILT, bin, FILES, place } from '../tests/hosts/places.js';
import { output } from '../tests/hosts/program.js';

const BENCH = place('../../bench');
const PAGES = [{ name: 'bench', script: '/built/bench/page.js' }];

const program =
  (name, ...args) =>
  async () =>
    JSON.parse(await output(name, [...args, `${BENCH}/guests/program.js`, FILES], { cwd: BENCH }));

const page = (browser) => async () => {
  const { version, pages } = await browser(PAGES);
  const { failures, ...report } = pages.bench;
  if (failures.length > 0) throw new Error(failures.join('\n'));
  return { version, ...report };
};

/** Those that the package's tests run in, each by the same means. */
export const RUNTIMES = {
  'Node.js': program(process.execPath),
  Deno: program(bin('deno'), 'run', '--allow-read', '--allow-env'),
  Bun: program(bin('bun')),
  workerd: () => workerd(`${BENCH}/guests/workerd.js`),
  Chromium: page(chromium),
  Firefox: page(firefox),
  WebKitGTK: page(webkitgtk),
};

export const buildPage = () =>
  build({
    entryPoints: [`${BENCH}/guests/page.js`],
    bundle: true,
    minify: true,
    format: 'esm',
    outfile: `${BUILT}/bench/page.js`,
    logLevel: 'silent',
  });
