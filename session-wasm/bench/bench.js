// Measures the package beside its peers and prints what came of it, in Markdown. Asserts nothing:
// machines differ and are shared.

import { cpSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { FILES, VECTORS } from '../tests/hosts/places.js';
import { goodCookies } from './contenders/cookies.js';
import { firstVerdicts, PROCESSES } from './first.js';
import { memoryUse } from './memory.js';
import { everywhere, figures, table } from './report.js';
import { ROUNDS } from './rounds.js';
import { buildPage, RUNTIMES } from './runtimes.js';
import { sizes } from './sizes.js';

rmSync(`${FILES}/vectors`, { recursive: true, force: true });
cpSync(VECTORS, `${FILES}/vectors`, { recursive: true });
await buildPage();

const runtimes = {};
for (const [name, run] of Object.entries(RUNTIMES)) {
  console.error(`bench: ${name}`);
  runtimes[name] = await run();
}
console.error('bench: first verdicts, memory, sizes');
const measured = { runtimes, first: await firstVerdicts(), memory: memoryUse(), sizes: await sizes() };

const { devDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const versions = (list) => list.map(([name, version]) => `${name} ${version}`).join(', ');

const [{ text }] = goodCookies(JSON.parse(readFileSync(`${FILES}/vectors/cookie-v1.json`, 'utf8')));
console.log(`\
Medians of ${ROUNDS} rounds in which contenders take turns, and of ${PROCESSES} processes in turns for first verdicts;
ratios are medians of the ratios within a round. ${availableParallelism()} cores. A tag is over ${text.length} characters.
Peers: ${versions(Object.entries(devDependencies))}.
Runtimes: ${versions(Object.entries(runtimes).map(([name, { version }]) => [name, version]))}.

${table(figures(measured))}

${table(everywhere('cookies', runtimes))}

${table(everywhere('statements', runtimes))}`);
