import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

import { checkCookies, checkStatements } from './conformance.js';

const read = (name) => JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'));

checkCookies(test, assert, { CookieVerifier, vectors: read('cookie-v1.json') });
checkStatements(test, assert, { StatementVerifier, vectors: read('statement-v1.json') });
