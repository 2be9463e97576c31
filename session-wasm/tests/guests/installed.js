import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as statement from 'session-wasm';
import * as cookie from 'session-wasm/cookie';

import { checkCookies, checkRevocations, checkStatements, checkUnverifiedCookies } from '../conformance.js';

const vectors = (name) => JSON.parse(readFileSync(`${process.env.VECTORS}/${name}-v1.json`, 'utf8'));

checkCookies(test, assert, { ...cookie, vectors: vectors('cookie') });
checkStatements(test, assert, { ...statement, vectors: vectors('statement') });
checkUnverifiedCookies(test, assert, { ...statement, vectors: vectors('cookie') });
checkRevocations(test, assert, { ...statement, vectors: vectors('revocations') });
