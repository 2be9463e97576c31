// What every framework has to do: build, start, judge what a request brings, and bring a page that judges by itself.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

import { after } from '../../../testing/after.js';
import { endGroup, firstLine } from '../../../testing/process.js';
import { bin, node } from '../stage/places.js';
import { freePort } from '../stage/port.js';
import { project } from '../stage/project.js';
import { run } from '../stage/run.js';
import { assertVerdicts, newScene } from '../stage/scene.js';

const QUIET = {
  NEXT_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  CI: '1',
};

/** The application `name` with its scene. `served` is where it keeps the files that it serves as they are. */
export function application(name, guests, { served }) {
  const folder = project(name, guests);
  const scene = newScene();
  const { keyRing, ...known } = scene;
  mkdirSync(`${folder}/${served}`, { recursive: true });
  writeFileSync(`${folder}/${served}/scene.json`, JSON.stringify(known));
  const env = { ...QUIET, SCENE: JSON.stringify(scene) };
  return {
    folder,
    scene,
    /** A program of this framework, on Node.js 22, which some of them need. */
    build: (program, ...args) => run([node(22), bin(program), ...args], folder, QUIET),
    /** Starts `command` on Node.js 22 when it has been built; returns the origin when `ready` is written. */
    async start(t, command, ready = /127\.0\.0\.1|localhost/) {
      const port = String(await freePort());
      const its = {
        ...process.env,
        ...env,
        HOST: '127.0.0.1',
        PORT: port,
        NODE_ENV: 'production',
        NO_COLOR: '1',
      };
      const args = command.map((word) => word.replace('PORT', port));
      const child = spawn(node(22), args, {
        cwd: folder,
        detached: true,
        env: its,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      after(t, () => endGroup(child));
      await firstLine(child, ready);
      return `http://127.0.0.1:${port}`;
    },
  };
}

/** Asks `url` with what is good, and with what is forged; `read` gives the verdicts of an answer. */
export async function assertServer(url, scene, read = (answer) => answer.json()) {
  const seen = [];
  for (const at of [0, 1]) {
    const Cookie = `__Host-session=${scene.cookies[at]}; __Host-session-statement=${scene.statements[at]}`;
    const answer = await fetch(url, { headers: { Cookie } });
    assert.equal(answer.status, 200, url);
    seen.push(await read(answer));
  }
  const of = (kind) => seen.map((verdicts) => verdicts[kind]);
  assertVerdicts({ cookies: of('cookie'), statements: of('statement') }, scene);
}

/** What a page that a server wrote says of its visitor. */
export async function inPage(answer) {
  const [, text] = (await answer.text()).match(/data-verdicts="([^"]*)"/);
  return JSON.parse(text.replaceAll('&quot;', '"'));
}
