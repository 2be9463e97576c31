// In Node.js, Deno and Bun alike.

import { readFile } from 'node:fs/promises';
import process from 'node:process';
import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { compare } from '../compare.js';
import * as node from '../contenders/node.js';

const { deno, bun, node: nodeVersion } = process.versions;
const read = (path) => readFile(`${process.argv[2]}/${path}`, 'utf8');

const report = await compare({ cookie, statement }, read, { node });
console.log(JSON.stringify({ version: deno ?? bun ?? nodeVersion, ...report }));
