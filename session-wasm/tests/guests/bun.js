import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

const { Bun } = globalThis;
const read = (path) => Bun.file(`${Bun.argv[2]}/${path}`).text();

const report = await conform({ CookieVerifier, StatementVerifier }, read);
console.log(JSON.stringify({ version: Bun.version, ...report }));
