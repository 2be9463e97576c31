import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';

import { HERE } from './stage/places.js';
import { project } from './stage/project.js';
import { run } from './stage/run.js';
import { newScene } from './stage/scene.js';
import { assertAllPassed } from './stage/suite.js';

const scene = newScene();
const guests = readdirSync(`${HERE}/guests/jest`).map((name) => `jest/${name}`);
/** Four tests for each environment, one for Node.js alone, and two for jsdom alone. */
const TESTS = 2 * 4 + 1 + 2;

const ways = { 'ES modules': ['jest-esm', '--experimental-vm-modules'], Babel: ['jest-babel'] };
for (const [way, [name, ...flags]] of Object.entries(ways)) {
  const folder = project(name, guests);
  const jest = (given) => {
    const args = ['--no-cache', '--no-watchman', '--json', '--outputFile=report.json'];
    const program = [process.execPath, ...flags, `${HERE}/node_modules/jest/bin/jest.js`, ...args];
    return run(program, folder, { SCENE: JSON.stringify(given) });
  };

  test(`Jest with ${way} runs the package in Node.js and in jsdom`, async () => {
    await jest(scene);
    assertAllPassed(`${folder}/report.json`, TESTS);
  });

  test(`a suite of Jest with ${way} fails when a forged statement stands for a good one`, async () => {
    const statements = [scene.statements[1], scene.statements[1]];
    await assert.rejects(jest({ ...scene, statements }), /a good statement is authentic/);
  });
}
