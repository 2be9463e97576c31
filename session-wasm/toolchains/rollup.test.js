import { test } from 'node:test';

import { assertPage } from './stage/browser.js';
import { bin } from './stage/places.js';
import { project } from './stage/project.js';
import { assertRefused } from './stage/refusal.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';

const scene = newScene();
const folder = project('rollup', ['index.html', 'page.js', 'visitor.js', 'program.js', 'trespasser.js']);
const rollup = (BUILD) => run([bin('rollup'), '--config', '--failAfterWarnings'], folder, { BUILD });

test('Rollup bundles a page', async (t) => {
  await rollup('page');
  await assertPage(t, folder, scene);
});

test('Rollup bundles no page with the cookie module, and no program that does not say what it is for', async () => {
  await assertRefused(rollup('trespasser'));
  await assertRefused(rollup('careless'));
});

test('Rollup bundles a program for Node.js', async () => {
  await rollup('program');
  const written = await run([process.execPath, 'dist/program.js'], folder, { SCENE: JSON.stringify(scene) });
  assertVerdicts(JSON.parse(written), scene);
});
