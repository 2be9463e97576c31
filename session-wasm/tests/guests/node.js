import { readFile } from 'node:fs/promises';
import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { conform } from '../suite/conform.js';

const read = (path) => readFile(`${process.argv[2]}/${path}`, 'utf8');

const report = await conform({ cookie, statement }, read);
console.log(JSON.stringify({ version: process.versions.node, ...report }));
