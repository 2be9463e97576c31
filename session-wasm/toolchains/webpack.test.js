import { copyFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { assertPage, reported } from './stage/browser.js';
import { bin, HERE } from './stage/places.js';
import { project } from './stage/project.js';
import { fromReadme } from './stage/readme.js';
import { assertRefused } from './stage/refusal.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';
import { serve } from './stage/site.js';
import { runInWorkerd } from './stage/workerd.js';

const scene = newScene();
const guests = ['index.html', 'page.js', 'visitor.js', 'program.js', 'trespasser.js', 'worker.js'];
const folder = project('webpack', guests);
const webpack = (BUILD) => run([bin('webpack'), '--fail-on-warnings'], folder, { BUILD });

test('webpack bundles a page', async (t) => {
  await webpack('page');
  await assertPage(t, folder, scene);
});

// R18: the build fails, and says why.
test('webpack bundles no page with the cookie module', () => assertRefused(webpack('trespasser')));

test('webpack bundles a program for Node.js', async () => {
  await webpack('program');
  const written = await run([process.execPath, 'dist/program.cjs'], folder, { SCENE: JSON.stringify(scene) });
  assertVerdicts(JSON.parse(written), scene);
});

test('webpack bundles a Worker by the condition workerd, with the WebAssembly as files beside it', async () => {
  writeFileSync(`${folder}/worker.config.js`, fromReadme("target: 'webworker'"));
  const named = ['--entry', './worker.js', '--output-filename', 'worker.js', '--mode', 'production'];
  await run([bin('webpack'), '--config', 'worker.config.js', ...named], folder);
  for (const module of ['cookie.wasm', 'statement.wasm']) {
    copyFileSync(`${HERE}/node_modules/session-wasm/${module}`, `${folder}/dist/${module}`);
  }
  assertVerdicts(await runInWorkerd(folder, scene), scene);
});

test('webpack brings the WebAssembly to life by itself where it is asked to', async (t) => {
  await webpack('webworker');
  // With the key ring, as no page has it: the worker of a browser stands for whatever else knows the condition.
  writeFileSync(`${folder}/whole-scene.json`, JSON.stringify(scene));
  assertVerdicts(await reported(t, `${await serve(t, folder, scene)}/webworker.html`), scene);
});
