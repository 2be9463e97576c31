import { readFileSync } from 'node:fs';
import { StatementVerifier } from 'session-wasm';
import { CookieVerifier } from 'session-wasm/cookie';

import { FILES } from '../tests/hosts/places.js';
import { pages } from '../tests/suite/memory.js';
import * as cookies from './contenders/cookies.js';
import * as statements from './contenders/statements.js';

const COOKIES = 10_000_000;
const STATEMENTS = 200_000;

/** Pages of each module's memory before and after many verifications. */
export function memoryUse() {
  const vectors = (name) => JSON.parse(readFileSync(`${FILES}/vectors/${name}-v1.json`, 'utf8'));
  const cookie = vectors('cookie');
  const statement = vectors('statement');
  const [verifyCookie] = cookies.ours({ CookieVerifier }, cookie, cookies.goodCookies(cookie));
  const [verifyStatement] = statements.ours(
    { StatementVerifier },
    statement,
    statements.goodStatements(statement),
  );
  return [
    { module: 'cookie', ...growth('cookie', verifyCookie, COOKIES) },
    { module: 'statement', ...growth('statement', verifyStatement, STATEMENTS) },
  ];
}

function growth(module, { verify }, times) {
  const before = pages(module);
  for (let i = 0; i < times; i += 1) verify(i);
  return { times, before, after: pages(module) };
}
