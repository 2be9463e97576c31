// What stands between a client and the server.

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { request as ask, createServer } from 'node:http';
import { join } from 'node:path';

import { after } from '../../../testing/after.js';

/**
 * Passes every request on to where `target()` is then; `seen` has each as it came, the latest last.
 * With `overrides` it passes on other headers than it got, as a proxy that mixes up its users.
 */
export async function startRecorder(t, target, overrides = {}) {
  const seen = [];
  const listener = createServer((request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers });
    passOn(request, response, target(), { ...headers, ...overrides });
  });
  return { origin: await listen(t, listener), seen };
}

/** The answer of `target` to a request; without one the connection breaks. */
export function passOn(request, response, target, headers) {
  const onward = ask(new URL(request.url, target), { method: request.method, headers });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

/** The URL of a Node server that listens until the end of the test. */
export async function listen(t, listener) {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  after(t, async () => {
    listener.closeAllConnections();
    listener.close();
    await once(listener, 'close');
  });
  return `http://127.0.0.1:${listener.address().port}`;
}

const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript' };
// WebAssembly may be compiled, and no script may be made from text.
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; form-action 'self'";

/** The files of `folder` and, at every other path, the server at `target()`: one origin for a browser. */
export async function startSite(t, folder, target) {
  const files = new Set(readdirSync(folder));
  const listener = createServer((request, response) => {
    const name = request.method === 'GET' && (request.url.slice(1) || 'index.html');
    if (!files.has(name)) return passOn(request, response, target(), request.headers);
    response.setHeader('Content-Type', TYPES[name.split('.').at(-1)]);
    response.setHeader('Content-Security-Policy', POLICY);
    response.end(readFileSync(join(folder, name)));
  });
  return listen(t, listener);
}
