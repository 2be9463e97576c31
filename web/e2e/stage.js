// The real server, a real Redis, and Chromium: each test sets its own stage, and all of it goes
// away with the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { chromium } from 'playwright-core';

export const USER = { name: 'demo', password: 'correct horse battery staple' };

const SERVER = fromEnvironment('SERVER_BINARY');
const QUIETLY = { stdio: ['pipe', 'ignore', 'inherit'], env: { ...process.env, SESSION_LOG: 'error' } };
const CHROMIUM = onPath(fromEnvironment('CHROMIUM'));

export const launch = () =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

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

async function addUser(dir) {
  const args = ['user', 'add', USER.name, '--password-stdin'];
  const child = spawn(SERVER, args, { cwd: dir, ...QUIETLY });
  child.stdin.end(USER.password);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`session-server user add exited with ${code}`);
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

/** A browser profile of its own, looking at `path`, that reports what a page must never do. */
export async function visit(t, browser, server, { path = '/', ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== server.origin) faults.push(`request to ${request.url()}`);
  });
  await page.goto(server.origin + path);
  return { context, page, faults };
}

export async function signIn(page, password = USER.password) {
  await page.getByLabel('Name').fill(USER.name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const session = (page) => page.getByRole('heading', { name: 'Your session' });

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

function fromEnvironment(name) {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set; start this by \`cargo xtask test web\` or \`cargo xtask screenshots\``,
  );
}

function onPath(program) {
  const found = process.env.PATH.split(delimiter).map((dir) => join(dir, program));
  return found.find((path) => existsSync(path)) ?? program;
}
