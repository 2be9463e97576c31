// The server behind https, as in production: a front that ends TLS, with a certificate made for it.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';

import { freePort, startServer } from './stage.js';

/** Like `startServer`, under an origin that begins with https. */
export async function startSecureServer(t, ...flags) {
  const port = await freePort();
  const origin = `https://localhost:${port}`;
  const server = await startServer(t, '--public-origin', origin, ...flags);
  const sockets = new Set();
  const front = createServer(certificate(), (socket) => {
    const behind = connect(server.port, '127.0.0.1');
    for (const [from, to] of [
      [socket, behind],
      [behind, socket],
    ]) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  });
  front.listen(port, '127.0.0.1');
  await once(front, 'listening');
  t.after(() => {
    front.close();
    for (const socket of sockets) socket.destroy();
  });
  return { ...server, origin };
}

function certificate() {
  const dir = mkdtempSync(join(tmpdir(), 'session-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request.split(' '), ...names, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  try {
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
