// What stands between the browsers and the server: it serves the page of the tests beside the
// server's own routes, so that both have one origin, and sees every request.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';

const PACKAGE = new URL('../../package/', import.meta.url);
const HERE = '/client-test/';

/** A page that may compile WebAssembly and run our files, and nothing else. */
const POLICY = "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const PAGE = `<!doctype html><meta charset="utf-8"><title>client</title><link rel="icon" href="data:,">
<script type="module" src="${HERE}page.js"></script>
<body style="height: 3000px"><input id="field" aria-label="Field"></body>`;

export async function startProxy() {
  let port;
  const seen = [];
  const waiting = new Set();
  const listener = createServer(async (request, response) => {
    const path = request.url.split('?')[0];
    const own = proxy.files?.[path];
    if (own) return response.writeHead(200, { 'Content-Type': own.type }).end(own.body);
    if (path === HERE) return servePage(request, response);
    if (path.startsWith(HERE)) return serveFile(path.slice(HERE.length), response);
    const { referer, 'session-activity': activity } = request.headers;
    const tab = referer && new URL(referer).searchParams.get('tab');
    const question = { method: request.method, path, passive: activity === 'passive', ...(tab && { tab }) };
    seen.push(question);
    for (const look of waiting) look();
    await proxy.hold?.(question);
    pass(request, response, port);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const proxy = {
    origin: `http://127.0.0.1:${listener.address().port}`,
    /** From now on, to the server at this port. */
    passTo(its) {
      port = its;
    },
    /** What else the tests serve: by its path, the `type` and the `body`. */
    files: undefined,
    /** Requests to the server, in their order. */
    seen,
    /** Called with each request as it is `seen`, which goes on when the promise is fulfilled. */
    hold: undefined,
    /** Waits for the next request that is like this one. */
    next(members) {
      const from = seen.length;
      const isLike = (request) => Object.entries(members).every(([name, value]) => request[name] === value);
      return new Promise((found) => {
        const look = () => {
          if (!seen.slice(from).some(isLike)) return;
          waiting.delete(look);
          found();
        };
        waiting.add(look);
      });
    },
    close() {
      listener.closeAllConnections();
      listener.close();
    },
  };
  return proxy;
}

/** The address of the page for a client with these options. */
export function address(origin, options = {}, query = {}) {
  const search = new URLSearchParams({ options: JSON.stringify(options), ...query });
  return `${origin}${HERE}?${search}`;
}

/** With `cookie` in its address the page comes with that in the statement cookie. */
function servePage(request, response) {
  const cookie = new URL(request.url, 'http://page').searchParams.get('cookie');
  const attributes = 'Path=/; Secure; SameSite=Lax';
  if (cookie) response.setHeader('Set-Cookie', `__Host-session-statement=${cookie}; ${attributes}`);
  response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': POLICY }).end(PAGE);
}

function serveFile(name, response) {
  try {
    const url = name === 'page.js' ? new URL('page.js', import.meta.url) : new URL(name, PACKAGE);
    const file = readFileSync(url);
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(file);
  } catch {
    response.writeHead(404).end();
  }
}

/** A server that is away is a connection that breaks, as it would be for the browser. */
function pass(request, response, port) {
  const { method, url, headers } = request;
  const onward = forward({ host: '127.0.0.1', port, method, path: url, headers, agent: false });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
