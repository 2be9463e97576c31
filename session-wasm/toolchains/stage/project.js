import { cpSync, rmSync } from 'node:fs';
import { basename } from 'node:path';

import { HERE, PROJECTS, TOOLCHAINS } from './places.js';

/** A fresh copy of the application `name` of `fixtures/`, with the `guests` that it runs; returns its folder. */
export function project(name, guests = []) {
  const folder = `${PROJECTS}/${name}`;
  rmSync(folder, { recursive: true, force: true });
  cpSync(`${HERE}/fixtures/${name}`, folder, { recursive: true });
  for (const guest of guests) cpSync(`${TOOLCHAINS}/guests/${guest}`, `${folder}/${basename(guest)}`);
  return folder;
}
