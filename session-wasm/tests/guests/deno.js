import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

const { Deno } = globalThis;
const read = (path) => Deno.readTextFile(`${Deno.args[0]}/${path}`);

const report = await conform({ cookie, statement }, read);
console.log(JSON.stringify({ version: Deno.version.deno, ...report }));
