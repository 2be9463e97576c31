import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

const { Deno } = globalThis;
const read = (path) => Deno.readTextFile(`${Deno.args[0]}/${path}`);

const report = await conform({ CookieVerifier, StatementVerifier }, read);
console.log(JSON.stringify({ version: Deno.version.deno, ...report }));
