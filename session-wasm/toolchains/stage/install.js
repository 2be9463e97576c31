// Lays the package where `npm install` would, from the file that would be published: a link to its folder, which
// `file:` would be, is taken by several tools for a part of the application.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HERE, PACKAGE, PROJECTS } from './places.js';

const folder = mkdtempSync(join(tmpdir(), 'session-wasm-'));
const pack = ['pack', PACKAGE, '--json', '--loglevel=error', '--pack-destination', folder];
const [{ filename }] = JSON.parse(execFileSync('npm', pack, { encoding: 'utf8' }));

const installed = `${HERE}/node_modules/session-wasm`;
for (const former of [installed, PROJECTS]) rmSync(former, { recursive: true, force: true });
mkdirSync(installed);
execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
rmSync(folder, { recursive: true });
