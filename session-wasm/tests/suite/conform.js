import { checkCookies, checkRevocations, checkStatements, checkUnverifiedCookies } from '../conformance.js';
import * as assert from './assert.js';
import { compareCookies, compareFeeds, compareKeySets, compareStatements } from './generated.js';
import { checkRefreshing } from './refreshing.js';

/**
 * Everything that a runtime has to get right, with the two modules as that runtime imported them.
 * `read` gives the text of a file below `vectors/` or `generated/`.
 *
 * What comes back is plain data: it leaves the runtime as JSON.
 */
export async function conform({ cookie, statement }, read, { generated = true } = {}) {
  const { CookieVerifier } = cookie;
  const { StatementVerifier } = statement;
  const parse = async (name) => JSON.parse(await read(`vectors/${name}-v1.json`));
  const vectors = {
    cookie: await parse('cookie'),
    statement: await parse('statement'),
    revocations: await parse('revocations'),
  };
  const scene = JSON.parse(await read('generated/scene.json'));
  const report = await run((test) => {
    checkCookies(test, assert, { ...cookie, vectors: vectors.cookie });
    checkStatements(test, assert, { ...statement, vectors: vectors.statement });
    checkUnverifiedCookies(test, assert, { ...statement, vectors: vectors.cookie });
    checkRevocations(test, assert, { ...statement, vectors: vectors.revocations });
    checkRefreshing(test, assert, { ...statement, scene });
  });
  if (!generated) return report;

  const lines = async (name) => (await read(`generated/${name}.jsonl`)).trimEnd().split('\n');
  report.generated = {
    cookies: compareCookies(CookieVerifier, await lines('cookies')),
    statements: compareStatements(StatementVerifier, await lines('statements')),
    feeds: compareFeeds(StatementVerifier, await lines('feeds')),
    'key-sets': compareKeySets(StatementVerifier, await lines('key-sets')),
  };
  return report;
}

/** Runs tests one after the other; a failure keeps its name and its message. */
async function run(declare) {
  const declared = [];
  declare((name, body) => declared.push({ name, body }));
  const report = { tests: 0, vectors: {}, failures: [] };
  for (const { name, body } of declared) {
    report.tests += 1;
    const [, kind] = name.match(/^(\w+) vector: /) ?? [];
    if (kind) report.vectors[kind] = (report.vectors[kind] ?? 0) + 1;
    try {
      await body();
    } catch (error) {
      report.failures.push(`${name}: ${error?.message ?? error}`);
    }
  }
  return report;
}
