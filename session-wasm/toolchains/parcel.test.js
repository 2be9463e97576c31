import { writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { assertPage } from './stage/browser.js';
import { bin } from './stage/places.js';
import { project } from './stage/project.js';
import { assertRefused } from './stage/refusal.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';

const scene = newScene();
const guests = ['page.js', 'visitor.js', 'program.js', 'trespasser.js'];
const folder = project('parcel', guests);
const withExports = project('parcel-exports', guests);
// Where the lock file is, Parcel reads its settings and keeps its files: an application has it beside its manifest.
for (const each of [folder, withExports]) writeFileSync(`${each}/package-lock.json`, '{}');
const parcel = (where, ...args) => run([bin('parcel'), 'build', '--no-cache', ...args], where);

test('Parcel builds a page as it comes, when it knows nothing of exports', async (t) => {
  await parcel(folder, 'index.html', '--dist-dir', 'dist');
  await assertPage(t, `${folder}/dist`, scene);
});

test('Parcel builds a page with exports', async (t) => {
  await parcel(withExports, '--target', 'page');
  await assertPage(t, `${withExports}/dist-page`, scene);
});

test('Parcel builds no page with the cookie module, neither as it comes nor with exports', async () => {
  await assertRefused(parcel(folder, 'trespasser.html', '--dist-dir', 'refused'));
  await assertRefused(parcel(withExports, '--target', 'refused'));
});

test('Parcel builds a program for Node.js with exports', async () => {
  await parcel(withExports, '--target', 'server');
  const written = await run([process.execPath, 'dist/program.js'], withExports, {
    SCENE: JSON.stringify(scene),
  });
  assertVerdicts(JSON.parse(written), scene);
});
