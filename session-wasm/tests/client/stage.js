// The real server behind a proxy that counts, delays and cuts: each test sets its own stage, and all
// of it goes away with the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { startProxy } from './proxy.js';

export const USER = { username: 'demo', password: 'correct horse battery staple' };

const SERVER = fromEnvironment('SERVER_BINARY');
const QUIETLY = { stdio: ['pipe', 'ignore', 'inherit'], env: { ...process.env, SESSION_LOG: 'error' } };

/** A server with one user and a proxy before it, whose origin is the one that browsers see. */
export async function startServer(t, ...flags) {
  const dir = mkdtempSync(join(tmpdir(), 'session-client-'));
  const port = await freePort();
  const proxy = await startProxy(port);
  await run(dir, ['user', 'add', USER.username, '--password-stdin'], USER.password);
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--public-origin', proxy.origin, ...flags];

  let child;
  const server = {
    proxy,
    origin: proxy.origin,
    async start() {
      child = spawn(SERVER, args, { cwd: dir, ...QUIETLY });
      await answers(`http://127.0.0.1:${port}/livez`, child);
    },
    stop: () => end(child),
    /** Makes another key the one that signs statements; the server learns of it at its next start. */
    async rotateStatementKey() {
      await run(dir, ['keys', 'new', '--keys', 'new.json']);
      const [ring, fresh] = ['session-data/keys.json', 'new.json'].map((file) => join(dir, file));
      const [{ cookie, statement }, { statement: other }] = [ring, fresh].map(readJson);
      const keys = [...statement.keys, { ...other.keys[0], kid: 'rotated' }];
      writeFileSync(ring, JSON.stringify({ cookie, statement: { signing: 'rotated', keys } }));
    },
  };
  t.after(async () => {
    proxy.close();
    await server.stop();
    rmSync(dir, { recursive: true });
  });
  await server.start();
  return server;
}

/** A Redis that can be frozen and thawed. */
export async function startRedis(t) {
  const port = await freePort();
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: tmpdir() });
  t.after(() => end(child));
  await new Promise((ready) => {
    child.stdout.on('data', (text) => text.includes('Ready to accept connections') && ready());
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
}

/** Something that waits until it is let go. */
export function gate() {
  let open;
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

async function run(dir, args, input = '') {
  const child = spawn(SERVER, args, { cwd: dir, ...QUIETLY });
  child.stdin.end(input);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`session-server ${args.join(' ')} exited with ${code}`);
}

async function freePort() {
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

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The browser that this variable names. */
export function browserPath(name) {
  const program = fromEnvironment(name);
  const found = process.env.PATH.split(delimiter).map((dir) => join(dir, program));
  return found.find((path) => existsSync(path)) ?? program;
}

function fromEnvironment(name) {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set; start this by \`cargo xtask test client\``);
}
