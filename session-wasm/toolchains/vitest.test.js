import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bin } from './stage/places.js';
import { project } from './stage/project.js';
import { run } from './stage/run.js';
import { newScene } from './stage/scene.js';
import { assertAllPassed } from './stage/suite.js';

const scene = newScene();
const folder = project('vitest');
const vitest = (given) =>
  run([bin('vitest'), 'run', '--reporter=json', '--outputFile=report.json'], folder, {
    SCENE: JSON.stringify(given),
  });

test('Vitest runs the package in Node.js, jsdom and happy-dom', async () => {
  await vitest(scene);
  assertAllPassed(`${folder}/report.json`, 3 * 4);
});

test('a suite of Vitest fails when a forged cookie stands for a good one', async () => {
  const cookies = [scene.cookies[1], scene.cookies[1]];
  await assert.rejects(vitest({ ...scene, cookies }), /exited|failed/i);
});
