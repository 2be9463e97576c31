import { test } from 'node:test';

import { assertPage } from './stage/browser.js';
import { bin } from './stage/places.js';
import { project } from './stage/project.js';
import { assertRefused } from './stage/refusal.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';
import { runInWorkerd, WORKERD } from './stage/workerd.js';

const scene = newScene();
const folder = project('esbuild', [
  'index.html',
  'page.js',
  'visitor.js',
  'program.js',
  'trespasser.js',
  'worker.js',
]);
/** As somebody types it. */
const esbuild = (line) => run([bin('esbuild'), ...line.split(' ')], folder);

test('esbuild bundles a page', async (t) => {
  await esbuild('page.js --bundle --format=esm --splitting --outdir=dist');
  await assertPage(t, folder, scene);
});

test('esbuild bundles no page with the cookie module', () =>
  assertRefused(esbuild('trespasser.js --bundle --format=esm --outdir=refused')));

for (const [format, file] of Object.entries({ esm: 'dist/program.mjs', cjs: 'dist/program.cjs' })) {
  test(`esbuild bundles a program for Node.js as ${format}`, async () => {
    await esbuild(`program.js --bundle --platform=node --format=${format} --outfile=${file}`);
    const written = await run([process.execPath, file], folder, { SCENE: JSON.stringify(scene) });
    assertVerdicts(JSON.parse(written), scene);
  });
}

test('esbuild bundles a Worker, with the WebAssembly as files beside it', async () => {
  await esbuild(`worker.js --bundle --format=esm ${WORKERD} --outdir=dist`);
  assertVerdicts(await runInWorkerd(folder, scene), scene);
});
