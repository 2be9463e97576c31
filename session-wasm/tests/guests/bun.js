import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

const { Bun } = globalThis;
const read = (path) => Bun.file(`${Bun.argv[2]}/${path}`).text();

const report = await conform({ cookie, statement }, read);
console.log(JSON.stringify({ version: Bun.version, ...report }));
