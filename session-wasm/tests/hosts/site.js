import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';

import { FILES, SESSION_WASM } from './places.js';

const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.json': 'application/json' };
const GUESTS = '/session-wasm/tests/guests';

const { exports } = JSON.parse(readFileSync(`${SESSION_WASM}/package/package.json`, 'utf8'));
const served = (target) => target.replace('./', '/session-wasm/package/');

/** For a page that no bundler made: what the package's own manifest says. */
const IMPORT_MAP = JSON.stringify({ imports: { 'session-wasm': served(exports['.'].default) } });

const bundled = (name) => ({ name, script: `/built/${name}/page.js` });
export const PAGES = [
  { name: 'unbundled', script: `${GUESTS}/page.js`, generated: true },
  ...['vite', 'esbuild', 'webpack', 'rollup'].map(bundled),
  // A policy that forbids WebAssembly.
  { name: 'blocked', script: `${GUESTS}/blocked.js`, blocked: true },
];

const html = ({ script, generated }) => `<!doctype html>
<html lang="en" data-generated="${generated ? 'yes' : 'no'}">
<title>session-wasm</title>
<script src="${GUESTS}/watch.js"></script>
<script type="importmap">${IMPORT_MAP}</script>
<script type="module" src="${script}"></script>
`;

function policy({ blocked }) {
  const importMap = createHash('sha256').update(IMPORT_MAP).digest('base64');
  return `default-src 'self'; script-src 'self' 'sha256-${importMap}'${blocked ? '' : " 'wasm-unsafe-eval'"}`;
}

function sendPage(page, response) {
  response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': policy(page) });
  response.end(html(page));
}

function sendFile(path, response) {
  const file = path.startsWith('/session-wasm/') ? `${SESSION_WASM}/..${path}` : `${FILES}${path}`;
  const stream = createReadStream(file);
  stream.on('error', () => response.writeHead(404).end());
  stream.on('open', () => response.setHeader('Content-Type', TYPES[extname(path)] ?? 'text/plain'));
  stream.pipe(response);
}

/**
 * Serves files and pages to one browser on loopback. `reports` resolves when every page has sent
 * its report, or one of them a failure, after which a browser goes no further.
 */
export async function site(pages) {
  const reports = {};
  const { promise, resolve } = withResolvers();
  const server = createServer(async (request, response) => {
    const at = pages.findIndex(({ name }) => request.url === `/${name}`);
    if (at < 0) return sendFile(request.url, response);
    if (request.method === 'GET') return sendPage(pages[at], response);
    const report = JSON.parse(await text(request));
    reports[pages[at].name] = report;
    const next = pages[at + 1]?.name;
    response.end(next);
    if (!next || report.failures.length > 0) resolve(reports);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    reports: promise,
    close: () => close(server),
  };
}

function close(server) {
  server.close();
  server.closeAllConnections();
}

/** As `Promise.withResolvers`, which Node.js 20 does not have. */
function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
