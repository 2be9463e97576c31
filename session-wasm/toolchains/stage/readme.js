import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { PACKAGE } from './places.js';

/** The one block of code in the README that has `words` in it: what people copy is what is tried. */
export function fromReadme(words) {
  const readme = readFileSync(`${PACKAGE}/README.md`, 'utf8');
  const blocks = [...readme.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code);
  const found = blocks.filter((code) => code.includes(words));
  assert.equal(found.length, 1, `blocks of code with ${words}`);
  return found[0];
}
