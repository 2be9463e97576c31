// The real server and a real Redis: each test sets its own stage, and all of it goes away with the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const USER = { username: 'demo', password: 'correct horse battery staple' };

const SERVER = fromEnvironment('SERVER_BINARY');
const QUIETLY = { stdio: ['pipe', 'ignore', 'inherit'], env: { ...process.env, SESSION_LOG: 'error' } };

/** Where sessions are kept: each entry makes the flags of a server. */
export const STORES = {
  embedded: async () => [],
  redis: async (t) => ['--store', (await startRedis(t)).url],
};

/** A server with one user, its data in a folder of its own. */
export async function startServer(t, ...flags) {
  const dir = mkdtempSync(join(tmpdir(), 'session-page-'));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  await addUser(dir);
  const args = ['serve', '--listen', `127.0.0.1:${port}`, ...flags];

  let child;
  const server = {
    origin,
    port,
    async start() {
      child = spawn(SERVER, args, { cwd: dir, ...QUIETLY });
      await answers(`${origin}/livez`, child);
    },
    stop: () => end(child),
  };
  t.after(async () => {
    await server.stop();
    rmSync(dir, { recursive: true });
  });
  await server.start();
  return server;
}

/** A session of somebody who is no browser, such as another device: its cookies, and who it says it is. */
export async function logIn({ origin }, userAgent = 'Mozilla/5.0 (Windows NT 10.0) Firefox/153.0') {
  const headers = { 'Content-Type': 'application/json', 'User-Agent': userAgent };
  const answer = await fetch(`${origin}/login`, { method: 'POST', headers, body: JSON.stringify(USER) });
  if (!answer.ok) throw new Error(`login was answered with ${answer.status}`);
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
  const ask = (path, init = {}) =>
    fetch(`${origin}${path}`, { ...init, headers: { ...init.headers, Cookie: cookies.join('; ') } });
  return { cookies, view: await answer.json(), ask };
}

async function addUser(dir) {
  const args = ['user', 'add', USER.username, '--password-stdin'];
  const child = spawn(SERVER, args, { cwd: dir, ...QUIETLY });
  child.stdin.end(USER.password);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`session-server user add exited with ${code}`);
}

/** A Redis that can be frozen and thawed, or killed and started again with what it held. */
export async function startRedis(t) {
  const dir = mkdtempSync(join(tmpdir(), 'session-redis-'));
  const port = await freePort();
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes'];
  let child;
  const redis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: dir });
      await new Promise((ready) => {
        child.stdout.on('data', (text) => text.includes('Ready to accept connections') && ready());
      });
    },
    kill: () => end(child),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
  t.after(async () => {
    await redis.kill();
    rmSync(dir, { recursive: true });
  });
  await redis.start();
  return redis;
}

export async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  await new Promise((closed) => listener.close(closed));
  return String(port);
}

async function answers(url, child) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`session-server exited with ${child.exitCode}`);
    if (await fetch(url).catch(() => undefined)) return;
    await pause(50);
  }
  throw new Error(`no answer from ${url}`);
}

/** Ends a process that these tests have started, whatever state it is in. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function fromEnvironment(name) {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set; start this by \`cargo xtask test web\` or \`cargo xtask screenshots\``,
  );
}
