import { readFile } from 'node:fs/promises';
import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

const read = (path) => readFile(`${process.argv[2]}/${path}`, 'utf8');

const report = await conform({ CookieVerifier, StatementVerifier }, read);
console.log(JSON.stringify({ version: process.versions.node, ...report }));
