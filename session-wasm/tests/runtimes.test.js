import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { chromium, firefox, webkitgtk } from './hosts/browser.js';
import { bundlers } from './hosts/bundlers.js';
import { edgeRuntime, workerd } from './hosts/edges.js';
import { BUILT, bin, FILES, SESSION_WASM, TESTS, VECTORS } from './hosts/places.js';
import { output } from './hosts/program.js';
import { PAGES } from './hosts/site.js';

const program = (...command) => {
  const [name, ...args] = command;
  return async () => JSON.parse(await output(name, [...args, FILES], { cwd: TESTS }));
};

const RUNTIMES = {
  'Node.js': program(process.execPath, 'guests/node.js'),
  Deno: program(bin('deno'), 'run', `--allow-read=${FILES}`, 'guests/deno.js'),
  Bun: program(bin('bun'), 'guests/bun.js'),
  workerd,
  'edge-runtime': edgeRuntime,
};
const BROWSERS = { Chromium: chromium, Firefox: firefox, WebKitGTK: webkitgtk };

/** The closed lists of FORMAT.md, and what only a `Cookie` header can be. */
const VERDICTS = {
  cookies: [
    'absent',
    'ambiguous',
    'bad_tag',
    'expired',
    'malformed',
    'not_yet_valid',
    'ok',
    'too_long',
    'unknown_key',
  ],
  statements: ['bad_signature', 'expired', 'malformed', 'not_yet_valid', 'ok', 'unknown_key', 'wrong_issuer'],
  feeds: [
    'after: current',
    'after: outdated',
    'after: revoked',
    'bad_signature',
    'expired',
    'malformed',
    'not_yet_valid',
    'ok',
    'unknown_key',
    'wrong_issuer',
  ],
  'key-sets': ['invalid_jwks', 'ok'],
};

const versions = {};
const testsRun = new Map();

before(() => {
  rmSync(BUILT, { recursive: true, force: true });
  rmSync(`${FILES}/vectors`, { recursive: true, force: true });
  cpSync(VECTORS, `${FILES}/vectors`, { recursive: true });
});

for (const [name, { build, version }] of Object.entries(bundlers)) {
  // R18: in none of the bundlers.
  test(`${name} bundles a page, and no page with the cookie module`, async () => {
    await build(`${TESTS}/guests/page.js`);
    await assert.rejects(build(`${TESTS}/guests/trespasser.js`), /session-wasm\/cookie|"\.\/cookie"/);
    // Nor what makes cookies for tests, for which every one of these bundles is production.
    await assert.rejects(build(`${TESTS}/guests/forger.js`), /session-wasm\/testing|"\.\/testing"/);
    versions[name] = version;
  });
}

for (const [name, run] of Object.entries(RUNTIMES)) {
  // R17: on 100,000 cookies and statements and more, as the native core.
  test(`${name} comes to every verdict`, async () => {
    const { version, ...report } = await run();
    assertConforms(name, report);
    assertAsNative(report.generated);
    versions[name] = version;
  });
}

for (const [name, run] of Object.entries(BROWSERS)) {
  // R17: in browsers as well.
  test(`${name} comes to every verdict, in a page and in every bundle of it`, async () => {
    const { version, pages } = await run(PAGES);
    for (const { name: page, generated, blocked } of PAGES) {
      assert.deepEqual(pages[page]?.failures, [], page);
      if (!blocked) assertConforms(`${name}, ${page}`, pages[page]);
      if (generated) assertAsNative(pages[page].generated);
    }
    versions[name] = version;
  });
}

// R17: no runtime leaves one out.
test('the same number of tests ran everywhere', () => {
  assert.equal(
    testsRun.size,
    Object.keys(RUNTIMES).length + Object.keys(BROWSERS).length * (PAGES.length - 1),
  );
  assert.equal(new Set(testsRun.values()).size, 1, JSON.stringify(Object.fromEntries(testsRun)));
});

test('the README tells the versions that the lock file sets, and names the runtimes of this machine', () => {
  const readme = readFileSync(`${SESSION_WASM}/js/README.md`, 'utf8').toLowerCase();
  // Debian updates browsers, and whoever runs this chose Node.js: their versions move by themselves.
  const moving = ['Node.js', ...Object.keys(BROWSERS)];
  for (const [name, version] of Object.entries(versions)) {
    const told = moving.includes(name) ? `| ${name} ` : version;
    assert.ok(readme.includes(told.toLowerCase()), `${name} ${version}`);
  }
});

after(() => {
  writeFileSync(`${FILES}/runtimes.json`, `${JSON.stringify(versions, null, 2)}\n`);
  console.log('\nsession-wasm was run by');
  for (const [name, version] of Object.entries(versions)) console.log(`  ${name.padEnd(12)}  ${version}`);
});

function assertConforms(name, { tests, vectors, failures }) {
  assert.deepEqual(failures, []);
  assert.deepEqual(vectors, vectorsOnFile());
  testsRun.set(name, tests);
}

function vectorsOnFile() {
  // For the server alone: nobody else counts attempts by a device cookie, or starts a session by a key.
  const isForServers = (file) => file.startsWith('device') || file.startsWith('start');
  const files = readdirSync(VECTORS).filter((file) => file.endsWith('-v1.json') && !isForServers(file));
  assert.notEqual(files.length, 0);
  const count = (file) => JSON.parse(readFileSync(`${VECTORS}/${file}`, 'utf8')).vectors.length;
  return Object.fromEntries(files.map((file) => [file.replace('-v1.json', ''), count(file)]));
}

/** Not one verdict differs from the native one, and every verdict there is was come to. */
function assertAsNative(generated) {
  for (const [kind, verdicts] of Object.entries(VERDICTS)) {
    const { total, counts, differences } = generated[kind];
    assert.deepEqual(differences, []);
    assert.equal(total, casesOnFile(kind));
    assert.deepEqual(Object.keys(counts).sort(), verdicts);
    assert.ok(
      Object.values(counts).every((count) => count >= 50),
      JSON.stringify(counts),
    );
  }
  assert.ok(generated.cookies.total + generated.statements.total >= 100_000);
}

/** Without the line that holds the keys. */
function casesOnFile(kind) {
  return readFileSync(`${FILES}/generated/${kind}.jsonl`, 'utf8').trimEnd().split('\n').length - 1;
}
