import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { bin, HERE, node } from './stage/places.js';
import { project } from './stage/project.js';
import { run } from './stage/run.js';
import { assertVerdicts, newScene } from './stage/scene.js';

const scene = newScene();
const folder = project('typescript');

/** What kind of file a program is written as, and what the compiler is told. */
const WAYS = {
  bundler: { ending: 'ts', module: 'esnext', moduleResolution: 'bundler' },
  'node16 from an ES module': { ending: 'mts', module: 'node16' },
  'node16 from CommonJS': { ending: 'cts', module: 'node16' },
  nodenext: { ending: 'mts', module: 'nodenext' },
  node10: { ending: 'cts', module: 'commonjs', moduleResolution: 'node10' },
};

/** Compiles files of this folder, strictly and with nothing of what else is installed here. */
async function compile(place, files, options) {
  const compilerOptions = { strict: true, target: 'es2022', types: [], ...options };
  writeFileSync(`${place}/tsconfig.json`, JSON.stringify({ compilerOptions, files }));
  await run([bin('tsc'), '--project', place], place);
}

for (const [way, { ending, ...options }] of Object.entries(WAYS)) {
  test(`TypeScript resolves the package as ${way}, strictly, and what it writes runs`, async () => {
    const place = `${folder}/${way.replaceAll(' ', '-')}`;
    cpSync(`${HERE}/guests/program.ts`, `${place}/program.${ending}`);
    cpSync(`${HERE}/../tests/consumer/consumer.ts`, `${place}/consumer.${ending}`);
    await compile(place, [`program.${ending}`, `consumer.${ending}`], options);
    const program = [node(20), `program.${ending.replace('ts', 'js')}`];
    const { client, ...verdicts } = JSON.parse(await run(program, place, { SCENE: JSON.stringify(scene) }));
    assertVerdicts(verdicts, scene);
    assert.equal(client, 'asking');
  });
}

test('a wrong use is refused by the types of CommonJS as well', async () => {
  const place = `${folder}/wrong`;
  const wrong =
    "import { CookieVerifier } from 'session-wasm/cookie';\nnew CookieVerifier({ keyRing: 7 });\n";
  mkdirSync(place);
  writeFileSync(`${place}/wrong.cts`, wrong);
  await assert.rejects(compile(place, ['wrong.cts'], { module: 'node16' }), /TS2322.*CookieKeyRing/s);
});
