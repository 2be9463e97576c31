import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { TOOLCHAINS } from './stage/places.js';

const manifest = (folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));

/** What people call them. */
const NAMES = {
  astro: 'Astro',
  esbuild: 'esbuild',
  jest: 'Jest',
  next: 'Next.js',
  nuxt: 'Nuxt',
  parcel: 'Parcel',
  'react-router': 'React Router',
  rollup: 'Rollup',
  '@sveltejs/kit': 'SvelteKit',
  typescript: 'TypeScript',
  vite: 'Vite',
  vitest: 'Vitest',
  webpack: 'webpack',
};

test('the README tells the versions that are tried', () => {
  const readme = readFileSync(`${TOOLCHAINS}/../js/README.md`, 'utf8');
  const { devDependencies, optionalDependencies } = manifest(TOOLCHAINS);
  const tried = { ...manifest(`${TOOLCHAINS}/frameworks`).devDependencies, ...devDependencies };
  for (const [name, called] of Object.entries(NAMES)) {
    assert.ok(readme.includes(`| ${called} ${tried[name]}`), `${called} ${tried[name]}`);
  }
  const versions = Object.entries(optionalDependencies).filter(([name]) => name.endsWith('-x64'));
  assert.equal(versions.length, 2);
  for (const [name, version] of versions) assert.ok(readme.includes(version.split('@').pop()), name);
});
