import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';

import { bin, SESSION_WASM, TESTS } from './hosts/places.js';
import { output } from './hosts/program.js';

const PACKAGE = `${SESSION_WASM}/package`;

/** What entry points import of others, which are peers of the package. */
const OUTSIDE = { next: ['next/headers.js', 'next/server.js'], react: ['react'], vue: ['vue'] };

/** They ask for what exists nowhere. */
const REFUSALS = ['cookie.js', 'cookie.cjs'];

function emptyFolder(t) {
  const folder = mkdtempSync(`${tmpdir()}/session-wasm-`);
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Types and documents as they were written, and an entry point for each kind of runtime. */
function expected() {
  const written = readdirSync(`${SESSION_WASM}/js`).filter((name) =>
    /\.d\.ts$|^(package\.json|README\.md)$/.test(name),
  );
  const types = written.filter((name) => name.endsWith('.d.ts'));
  const typesOfCommonJs = types.map((name) => name.replace(/ts$/, 'cts'));
  const edges = ['.workerd.js', '.edge-light.js'];
  const adapters = ['express', 'fastify', 'fetch', 'hono', 'next'];
  const forEdges = ['cookie', 'statement', ...adapters].flatMap((name) =>
    edges.map((ending) => name + ending),
  );
  const modules = ['cookie.wasm', 'statement.wasm'];
  const others = ['client', 'cookie.trusted', 'react', 'statement', 'testing', 'vue'];
  const anywhere = [...adapters, ...others].flatMap((name) => [`${name}.js`, `${name}.cjs`]);
  const licences = ['LICENSE-APACHE', 'LICENSE-MIT'];
  return [
    ...written,
    ...typesOfCommonJs,
    ...modules,
    ...forEdges,
    ...anywhere,
    ...REFUSALS,
    ...licences,
  ].sort();
}

/** The file that npm would publish, and the names in it. */
async function pack(destination) {
  const args = ['pack', PACKAGE, '--json', '--loglevel=error', '--pack-destination', destination];
  const [{ filename, files }] = JSON.parse(await output('npm', args));
  return { tarball: `${destination}/${filename}`, names: files.map(({ path }) => path) };
}

test('publint has nothing to say', async () => {
  await output(bin('publint'), [PACKAGE, '--strict']);
});

test('the types are right for ES modules, CommonJS modules, bundlers, and what knows nothing of conditions', async () => {
  await output(bin('attw'), ['--pack', PACKAGE, '--profile', 'strict', '--quiet']);
});

const ways = {
  bundler: ['--module', 'esnext', '--moduleResolution', 'bundler'],
  'a bundler for Workers': [
    ...['--module', 'esnext', '--moduleResolution', 'bundler'],
    ...['--customConditions', 'workerd,worker,browser'],
  ],
  'Node.js': ['--module', 'nodenext', '--moduleResolution', 'nodenext'],
};
for (const [way, flags] of Object.entries(ways)) {
  test(`strict TypeScript uses the package as ${way} resolves it`, async () => {
    // The package is linked to, and the frameworks are beside the link.
    const strict = ['--strict', '--noEmit', '--target', 'es2022', '--types', '', '--preserveSymlinks'];
    await output(bin('tsc'), [...strict, ...flags, 'consumer/consumer.ts'], { cwd: TESTS });
    // The types of frameworks want a browser's and Node's, and are not ours to check.
    const among = ['--strict', '--noEmit', '--target', 'es2022', '--preserveSymlinks', '--skipLibCheck'];
    await output(bin('tsc'), [...among, ...flags, 'consumer/frameworks.ts'], { cwd: TESTS });
  });
}

test('what is published is what is written here and what is built from it, and works where it is installed', async (t) => {
  const folder = emptyFolder(t);
  const { tarball, names } = await pack(folder);
  assert.deepEqual(names.sort(), expected());
  for (const name of names.filter((each) => /\.c?js$/.test(each) && !REFUSALS.includes(each))) {
    const imports = readFileSync(`${PACKAGE}/${name}`, 'utf8').match(
      /(from |import\(|import |require\()["'][^"']+["']/g,
    );
    const outside = OUTSIDE[name.split('.')[0]] ?? [];
    for (const each of imports ?? []) {
      const [, path] = each.match(/["'](.+)["']$/);
      assert.ok(outside.includes(path) || /^\.\/[\w.?-]+$/.test(path), `${name}: ${each}`);
    }
  }

  const project = `${folder}/project`;
  const offline = ['--offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await output('npm', ['install', '--prefix', project, ...offline, tarball]);
  assert.deepEqual(
    readdirSync(`${project}/node_modules`).filter((name) => !name.startsWith('.')),
    ['session-wasm'],
    'it needs no other package',
  );
  const script = `
    import { StatementVerifier } from 'session-wasm';
    import { CookieVerifier } from 'session-wasm/cookie';
    new StatementVerifier({ jwks: { keys: [] }, issuer: 'https://app.example' });
    const keys = [{ kty: 'oct', kid: 'c1', alg: 'HS256', k: '${'AQ'.repeat(30)}' }];
    console.log(new CookieVerifier({ keyRing: { signing: 'c1', keys } }).verify('theme=dark').reason);`;
  const node = ['--input-type=module', '--eval', script];
  assert.equal(await output(process.execPath, node, { cwd: project }), 'absent');
});
