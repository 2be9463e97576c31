// The part of Next.js and Vercel: the middleware in an edge runtime where nothing may be compiled,
// and the application behind it.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { EdgeRuntime } from 'edge-runtime';

import { bundle, EDGE } from './bundle.js';
import { listen, passOn } from './front.js';

/** Runs `FOLDER/entry` in front of the application at `app`; returns the URL that clients use. */
export async function startEdgeRuntime(t, entry, { app, env }) {
  const runtime = await load(t, entry, env);
  const answer = async (request, response) => {
    const { method, url, rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, at) => (at % 2 ? [] : [[name, rawHeaders[at + 1]]]));
    const verdict = await runtime.dispatchFetch(new URL(url, 'http://app.example').href, { method, headers });
    if (verdict.headers.get('x-middleware-next') === '1') {
      return passOn(request, response, app, overridden(verdict.headers));
    }
    response.writeHead(verdict.status, Object.fromEntries(verdict.headers));
    response.end(Buffer.from(await verdict.arrayBuffer()));
  };
  const fail = (response) => (error) => response.writeHead(500).end(String(error));
  return listen(
    t,
    createServer((request, response) => answer(request, response).catch(fail(response))),
  );
}

async function load(t, entry, env) {
  const modules = {};
  const start = `
    import middleware from './${entry}';
    addEventListener('fetch', (event) => event.respondWith(middleware(event.request)));`;
  const dir = await bundle(t, [], EDGE, {
    stdin: { contents: start, resolveDir: new URL('..', import.meta.url).pathname, sourcefile: 'start.js' },
    format: 'iife',
    plugins: [compiledOutside(modules)],
  });
  return new EdgeRuntime({
    initialCode: await readFile(join(dir, 'stdin.js'), 'utf8'),
    codeGeneration: { strings: false, wasm: false },
    extend: (context) => Object.assign(context, { process: { env }, modules }),
  });
}

/** What is imported with `?module` is compiled here, and given to the runtime under its path. */
const compiledOutside = (modules) => ({
  name: 'compiled-outside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?module', '')),
      namespace: 'outside',
    }));
    onLoad({ filter: /./, namespace: 'outside' }, async ({ path }) => {
      modules[path] = await WebAssembly.compile(await readFile(path));
      return { contents: `export default modules[${JSON.stringify(path)}];` };
    });
  },
});

/** Only the headers that the middleware lists reach the application, as it gives them. */
function overridden(verdict) {
  const names = verdict.get('x-middleware-override-headers').split(',');
  return Object.fromEntries(names.map((name) => [name, verdict.get(`x-middleware-request-${name}`)]));
}
