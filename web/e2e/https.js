// The server behind https, as in production: a front that ends TLS, with a certificate made for it.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';

import { freePort } from '../../testing/redis.js';
import { startServer } from '../../testing/server.js';

/** Like `startServer`, under an origin that begins with https. */
export async function startSecureServer(t, ...flags) {
  const { host = 'localhost' } = typeof flags[0] === 'object' ? flags.shift() : {};
  const port = await freePort();
  const origin = `https://${host}:${port}`;
  const server = await startServer(t, '--public-origin', origin, ...flags);
  await front(t, host, port, (socket) => pass(socket, connect(new URL(server.address).port, '127.0.0.1')));
  return { ...server, origin };
}

/** Another host, which answers everything with these `Set-Cookie` lines. */
export async function startSibling(t, host, cookies) {
  const port = await freePort();
  const pages = createHttpServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html', 'Set-Cookie': cookies }).end('planted');
  });
  t.after(() => pages.close());
  await front(t, host, port, (socket) => pages.emit('connection', socket));
  return { origin: `https://${host}:${port}` };
}

async function front(t, host, port, onConnection) {
  const sockets = new Set();
  const listener = createServer(certificate(host), (socket) => {
    sockets.add(socket);
    // A browser that leaves resets what it has open.
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
}

function pass(socket, behind) {
  socket.pipe(behind).pipe(socket);
  socket.on('close', () => behind.destroy());
  behind.on('error', () => socket.destroy());
}

function certificate(host) {
  const dir = mkdtempSync(join(tmpdir(), 'session-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj';
  const names = ['-addext', `subjectAltName=DNS:${host}`];
  execFileSync('openssl', [...request.split(' '), `/CN=${host}`, ...names, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  try {
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
