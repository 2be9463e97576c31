import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';

import { after } from '../../../testing/after.js';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves a folder and the scene on loopback; the session server is away. Returns the origin. */
export async function serve(t, folder, { keyRing, ...scene }) {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://site');
    if (pathname === '/scene.json') return response.end(JSON.stringify(scene));
    const file = pathname === '/' ? '/index.html' : pathname;
    const stream = createReadStream(folder + file);
    stream.on('error', () => response.writeHead(503).end());
    stream.on('open', () => response.setHeader('Content-Type', TYPES[extname(file)] ?? 'text/plain'));
    stream.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(t, () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
