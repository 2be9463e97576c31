import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const workspace = fileURLToPath(new URL('../../', import.meta.url));
const wasm = (name) => readFileSync(new URL(import.meta.resolve(`../package/${name}.wasm`)));

function importUnder(condition, specifier) {
  const script = `await import('${specifier}')`;
  return promisify(execFile)('node', [`--conditions=${condition}`, '--input-type=module', '--eval', script], {
    cwd: here,
  });
}

// R18: by the conditions of the package, and by its files where those are not known.
test('a page cannot import the cookie module, and can import the statement module', async () => {
  const refusal = /ERR_MODULE_NOT_FOUND.*cookie holds keys that make cookies, so no page may have it/s;
  await assert.rejects(importUnder('browser', 'session-wasm/cookie'), refusal);
  // Where a tool looks that knows nothing of conditions.
  await assert.rejects(import('../package/cookie.js'), { code: 'ERR_MODULE_NOT_FOUND' });
  await importUnder('browser', 'session-wasm/statement');
  await importUnder('browser', 'session-wasm');
});

// R18: nor by another entry point.
test('a page cannot import what holds the keys of cookies, nor what is for tests', async () => {
  for (const name of ['express', 'fastify', 'fetch', 'hono', 'next', 'testing']) {
    await assert.rejects(
      importUnder('browser', `session-wasm/${name}`),
      /ERR_PACKAGE_PATH_NOT_EXPORTED/,
      name,
    );
  }
});

test('what is for tests cannot be imported at an edge or in production', async () => {
  for (const condition of ['workerd', 'edge-light', 'production']) {
    await assert.rejects(importUnder(condition, 'session-wasm/testing'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  }
  await importUnder('development', 'session-wasm/testing');
});

// R18: found by what stands in the files.
test('nothing but the entry point for tests holds what signs', () => {
  // The label by which keys follow from a seed, as bytes and as what stands inside JavaScript.
  const label = 'session-testing/v1:';
  const hex = Buffer.from(label).toString('hex');
  const folder = new URL(import.meta.resolve('../package/'));
  const holds = (name) => {
    const text = readFileSync(new URL(name, folder), 'latin1');
    return text.includes(label) || text.includes(hex);
  };
  const files = readdirSync(folder).filter((name) => /\.(c|m)?js$|\.wasm$/.test(name));
  assert.ok(files.length > 20);
  const testing = ['testing.cjs', 'testing.js'];
  assert.deepEqual(files.filter(holds), testing);
  // Nor does anything load it.
  const loads = (name) => readFileSync(new URL(name, folder), 'latin1').includes('/testing');
  assert.deepEqual(
    files.filter((name) => !testing.includes(name) && loads(name)),
    [],
  );
});

// R18: there is not even a hash that a MAC could be made of.
test('the statement module checks no cookie and takes no symmetric key', () => {
  const exported = (name) => {
    const names = WebAssembly.Module.exports(new WebAssembly.Module(wasm(name))).map(({ name }) => name);
    return names.filter((name) => !name.startsWith('__')).sort();
  };
  const cookie = ['decode', 'judgeAgain', 'load', 'memory', 'release', 'reserve', 'verify'];
  assert.deepEqual(exported('cookie'), cookie);
  assert.deepEqual(
    exported('statement'),
    [...cookie, 'cookieValues', 'decodeCookie', 'extensionInterval', 'learn', 'open'].sort(),
  );
  // The label of the MAC key's derivation (FORMAT.md §1).
  assert.ok(wasm('cookie').includes('session-cookie/v1:'));
  assert.ok(!wasm('statement').includes('session-cookie/v1:'));
  // Nor is there an HMAC-SHA256 that could be given one: no SHA-256 does without its constants
  // (FIPS 180-4 §4.2.2), of which these are the first two.
  const constants = Buffer.from('982f8a4291443771', 'hex');
  assert.ok(wasm('cookie').includes(constants));
  assert.ok(!wasm('statement').includes(constants));
});

// R1: so neither has randomness, and neither can make a session.
test('neither module imports anything, so whatever can load WebAssembly can load it alone', () => {
  for (const name of ['cookie', 'statement']) {
    assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(wasm(name))), [], name);
  }
});

test('nothing of the machine that built it is in the package, nor what only a panic would have said', () => {
  for (const name of ['cookie', 'statement']) {
    const texts = wasm(name).toString('latin1');
    assert.ok(!texts.includes(homedir()) && !texts.includes(workspace), name);
    assert.doesNotMatch(texts, /out of range|overflow|failed/);
    // Were texts not to be seen at all, this would not be either.
    assert.match(texts, /not_yet_valid/);
  }
});

test('a statement of the far future is judged by the clock when no time is given', async () => {
  const { StatementVerifier } = await import('session-wasm');
  const { issuer, jwks, vectors } = JSON.parse(
    readFileSync(new URL('../../vectors/statement-v1.json', import.meta.url), 'utf8'),
  );
  const { statement } = vectors.find(({ expect }) => expect.ok?.iat > Date.now() / 1000 + 3600);
  const verifier = new StatementVerifier({ jwks, issuer });
  assert.deepEqual(verifier.verify(statement), { ok: false, reason: 'not_yet_valid' });
});

test('what one entry point throws is a misuse by the name that another one has for it', async () => {
  const [cookie, statement] = [await import('session-wasm/cookie'), await import('session-wasm/statement')];
  assert.notEqual(cookie.MisuseError, statement.MisuseError);
  assert.throws(() => cookie.decodeUnverified(42), statement.MisuseError);
  assert.throws(() => statement.decodeUnverified(42), cookie.MisuseError);
  const { requireLive } = await import('session-wasm/fetch');
  assert.throws(() => requireLive({}), statement.MisuseError);
  assert.ok(!(new TypeError('another one') instanceof cookie.MisuseError));
});

test('a client whose issuer is none is told so when it is made', async () => {
  const { SessionClient } = await import('session-wasm/client');
  const baseUrl = 'https://app.example';
  assert.throws(() => new SessionClient({ baseUrl, issuer: `${baseUrl}/` }), { code: 'invalid_issuer' });
  assert.ok(new SessionClient({ baseUrl, issuer: baseUrl }));
  // Where there is no page, as where one is rendered, there is nothing to take it from.
  assert.equal(new SessionClient().state.status, 'asking');
});

test('a Cookie header is read as the core reads it', async () => {
  const { cookieValues } = await import('session-wasm');
  const read = (header) => cookieValues(header, '__Host-session-statement');
  assert.deepEqual(read('theme=dark; __Host-session-statement=a.b.c'), ['a.b.c']);
  assert.deepEqual(read('__Host-session-statement=1;\t__Host-session-statement="2"'), ['1', '"2"']);
  // Quotes have no meaning, names are exact, and nothing is trimmed but round a pair (RFC 6265bis §4.2).
  assert.deepEqual(read('x="__Host-session-statement=1; __host-session-statement=2'), []);
  assert.deepEqual(read('__Host-session-statement =1'), []);
  assert.deepEqual(read('__Host-session-statement='), ['']);
  assert.deepEqual(read(''), []);
});

// R17, R25: which a page goes by.
test('the interval of extensions is that of the core', async () => {
  const { extensionInterval } = await import('session-wasm');
  const intervals = [1800, 600, 100, 40, 10, 2, 0].map(extensionInterval);
  assert.deepEqual(intervals, [90, 30, 30, 20, 5, 1, 90]);
});
