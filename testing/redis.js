import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { after, folder } from './after.js';
import { end, firstLine } from './process.js';

/** A real Redis that can be frozen and thawed, or killed and started again with what it held. */
export async function startRedis(t) {
  const dir = folder(t);
  const port = await freePort();
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes'];
  let child;
  const redis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: dir });
      await firstLine(child, /Ready to accept connections/);
    },
    kill: () => end(child),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
  after(t, redis.kill);
  await redis.start();
  return redis;
}

/** For what cannot be asked which port it took. */
export async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  await new Promise((closed) => listener.close(closed));
  return String(port);
}
