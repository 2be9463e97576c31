/** What the page asks the server besides `session-wasm/client`, with one type for everything that can come back. */

import type { SessionView } from 'session-wasm/client';
import { BASE } from './base';
import * as serverTime from './server-time';

export interface Device {
  session_id: string;
  current: boolean;
  created_at: number;
  last_seen_at: number;
  client: { ip?: string | null; user_agent?: string | null; place?: Place };
}

/** Where an address is: the country by its two letters. */
export interface Place {
  city?: string;
  country: string;
}

/** The data as it was written, and the `ETag` under which the server knows it. */
export interface Document {
  text: string;
  tag: string;
}

/** All but `unavailable` is the server's word; that is nobody's, so nothing follows from it. */
export type Answer<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'no_session'; reason: string | undefined }
  | { kind: 'refused' }
  | { kind: 'password_needed' }
  | { kind: 'other_revision' }
  | { kind: 'limited'; retryAfter: number }
  | { kind: 'unavailable'; retryAfter: number }
  | { kind: 'absent' }
  | { kind: 'failed'; message: string };

/** Seconds. The server answers or refuses within one; what takes longer is lost on the way. */
const DEADLINE = 10;
const DEFAULT_RETRY = 2;

const json = <T>(response: Response) => response.json() as Promise<T>;
const nothing = async () => undefined;
const text = (response: Response) => response.text();
const document = async (response: Response): Promise<Document> => ({
  text: await response.text(),
  tag: response.headers.get('ETag') ?? '',
});

// What only looks is passive: it does not count as use of the session.
const PASSIVE = { 'Session-Activity': 'passive' };

export const devices = () => ask('GET', '/sessions', json<{ sessions: Device[] }>, PASSIVE);
export const data = () => ask('GET', '/session/data', document, PASSIVE);
export const publicDocument = (path: string) => ask('GET', path, text, PASSIVE);

export const renew = () => ask('POST', '/session/renew', json<SessionView>);
export const signOut = () => ask('POST', '/logout', nothing);
export const endOthers = () => ask('DELETE', '/sessions?keep=current', nothing);
export const endAll = () => ask('DELETE', '/sessions', nothing);
export const end = (id: string) => ask('DELETE', `/sessions/${encodeURIComponent(id)}`, nothing);
export const signIn = (username: string, password: string) =>
  ask('POST', '/login', json<SessionView>, {}, { username, password });
export const reauthenticate = (password: string) =>
  ask('POST', '/session/reauthenticate', json<SessionView>, {}, { password });

/** Only if the data is still what `tag` names. */
export const changeData = (method: 'PATCH' | 'PUT', tag: string, body: object) =>
  ask(method, '/session/data', document, { 'If-Match': tag }, body);

async function ask<T>(
  method: string,
  path: string,
  read: (response: Response) => Promise<T>,
  extra: Record<string, string> = {},
  body?: object,
): Promise<Answer<T>> {
  const headers = new Headers({ Accept: 'application/json', ...extra });
  if (body) headers.set('Content-Type', 'application/json');
  try {
    const response = await fetch(BASE + path, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      cache: 'no-store',
      signal: AbortSignal.timeout(DEADLINE * 1000),
    });
    serverTime.heed(response);
    return response.ok ? { kind: 'ok', value: await read(response) } : await problem(response);
  } catch {
    return { kind: 'unavailable', retryAfter: DEFAULT_RETRY };
  }
}

async function problem<T>(response: Response): Promise<Answer<T>> {
  const retryAfter = Number(response.headers.get('Retry-After')) || DEFAULT_RETRY;
  const { code, reason, detail, title } = await response.json().catch(() => ({}));
  if (code === 'no_session') return { kind: 'no_session', reason };
  if (code === 'login_refused') return { kind: 'refused' };
  if (code === 'reauthentication_required') return { kind: 'password_needed' };
  // Another tab has the newer cookie by now, and so has the next request.
  if (code === 'session_renewed') return { kind: 'unavailable', retryAfter };
  if (code === 'other_revision') return { kind: 'other_revision' };
  if (response.status === 404) return { kind: 'absent' };
  if (response.status === 429) return { kind: 'limited', retryAfter };
  if (response.status >= 500) return { kind: 'unavailable', retryAfter };
  return { kind: 'failed', message: detail ?? title ?? `status ${response.status}` };
}

export const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

/** Asks again for as long as nobody answers, and says so by `waiting`. */
export async function insist<T>(question: () => Promise<Answer<T>>, waiting: () => void): Promise<Answer<T>> {
  for (;;) {
    const answer = await question();
    if (answer.kind !== 'unavailable') return answer;
    waiting();
    await pause(answer.retryAfter);
  }
}
