/** The server's HTTP interface, with one type for everything that can come back. */

import { observe } from './clock';

export interface SessionView {
  session_id: string;
  subject: string;
  claims: Record<string, unknown>;
  created_at: number;
  authenticated_at: number;
  idle_expires_at: number;
  absolute_expires_at: number;
  statement: string;
}

export interface Device {
  session_id: string;
  current: boolean;
  created_at: number;
  last_seen_at: number;
  client: { ip?: string | null; user_agent?: string | null };
}

/** `signed_out` and `limited` are the server's word; `unavailable` is nobody's, so nothing follows from it. */
export type Answer<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'signed_out'; reason: string | undefined }
  | { kind: 'limited'; retryAfter: number }
  | { kind: 'unavailable'; retryAfter: number }
  | { kind: 'absent' }
  | { kind: 'failed'; message: string };

/** Seconds. The server answers or refuses within one; what takes longer is lost on the way. */
const DEADLINE = 10;
const DEFAULT_RETRY = 2;

/** A passive question does not count as activity, so an open tab keeps no session alive. */
type Manner = 'active' | 'passive';

export const session = (manner: Manner) => ask<SessionView>('GET', '/session', manner);
export const devices = (manner: Manner) => ask<{ sessions: Device[] }>('GET', '/sessions', manner);
export const keys = () => ask<{ keys: object[] }>('GET', '/.well-known/jwks.json', 'passive');
export const renew = () => ask<SessionView>('POST', '/session/renew', 'active');
export const signOut = () => ask<undefined>('POST', '/logout', 'active');
export const endOthers = () => ask<undefined>('DELETE', '/sessions?keep=current', 'active');
export const end = (id: string) => ask<undefined>('DELETE', `/sessions/${encodeURIComponent(id)}`, 'active');
export const signIn = (username: string, password: string) =>
  ask<SessionView>('POST', '/login', 'active', { username, password });

async function ask<T>(method: string, path: string, manner: Manner, body?: object): Promise<Answer<T>> {
  const headers = new Headers({ Accept: 'application/json' });
  if (manner === 'passive') headers.set('Session-Activity', 'passive');
  if (body) headers.set('Content-Type', 'application/json');
  const askedAt = performance.now();
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      cache: 'no-store',
      signal: AbortSignal.timeout(DEADLINE * 1000),
    });
    observe(response.headers.get('Date'), askedAt, performance.now());
    return await read<T>(response);
  } catch {
    return { kind: 'unavailable', retryAfter: DEFAULT_RETRY };
  }
}

async function read<T>(response: Response): Promise<Answer<T>> {
  const retryAfter = Number(response.headers.get('Retry-After')) || DEFAULT_RETRY;
  if (response.status === 204) return { kind: 'ok', value: undefined as T };
  if (response.ok) return { kind: 'ok', value: await response.json() };
  if (response.status === 404) return { kind: 'absent' };
  if (response.status === 429) return { kind: 'limited', retryAfter };
  if (response.status >= 500) return { kind: 'unavailable', retryAfter };
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401) return { kind: 'signed_out', reason: problem.reason };
  return { kind: 'failed', message: problem.detail ?? problem.title ?? `status ${response.status}` };
}

export const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));
