import { copyFileSync } from 'node:fs';
import { test } from 'node:test';

import { assertPage } from './stage/browser.js';
import { bin } from './stage/places.js';
import { project } from './stage/project.js';
import { fromReadme } from './stage/readme.js';
import { assertRefused } from './stage/refusal.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';
import { runInWorkerd } from './stage/workerd.js';

const scene = newScene();
const guests = ['index.html', 'page.js', 'visitor.js', 'program.js', 'trespasser.js', 'worker.js'];
const folder = project('esbuild', guests);
copyFileSync(`${folder}/program.js`, `${folder}/server.js`);
const esbuild = (line) => run([bin('esbuild'), ...line.split(/ +/).slice(1)], folder);
const [forPage, forServer, forWorker] = fromReadme('esbuild page.js').trimEnd().split('\n');

test('esbuild bundles a page', async (t) => {
  await esbuild(forPage);
  await assertPage(t, folder, scene);
});

// R18: the build fails, and says why.
test('esbuild bundles no page with the cookie module', () =>
  assertRefused(esbuild(forPage.replace('page.js', 'trespasser.js'))));

test('esbuild bundles a server for Node.js', async () => {
  await esbuild(forServer);
  const written = await run([process.execPath, 'dist/server.mjs'], folder, { SCENE: JSON.stringify(scene) });
  assertVerdicts(JSON.parse(written), scene);
});

test('esbuild bundles a Worker, with the WebAssembly as files beside it', async () => {
  await esbuild(forWorker);
  assertVerdicts(await runInWorkerd(folder, scene), scene);
});
