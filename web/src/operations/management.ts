/** What the view asks the management, with one type for everything that can come back. */

import { BASE } from '../base';

export interface Client {
  ip?: string | null;
  user_agent?: string | null;
}

export interface Listed {
  session_id: string;
  created_at: number;
  last_seen_at: number;
  idle_expires_at: number;
  absolute_expires_at: number;
  authenticated_at: number;
  client: Client;
}

/** One session, asked for by its ID; the `subject` of a guest is `null`. */
export interface Shown extends Listed {
  subject: string | null;
  claims: Record<string, unknown>;
  data?: Record<string, unknown>;
}

export interface Page {
  sessions: Listed[];
  next_cursor?: string;
}

/** All but `unavailable` is the server's word; that is nobody's, so nothing follows from it. */
export type Answer<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'refused' }
  | { kind: 'absent' }
  | { kind: 'unavailable'; isStore: boolean; retryAfter: number }
  | { kind: 'failed'; message: string };

/** What the server has said to somebody whose token it takes. */
export type Word<T> = Exclude<Answer<T>, { kind: 'refused' | 'unavailable' }>;

/** Seconds. The server answers or refuses within one; what takes longer is lost on the way. */
const DEADLINE = 10;
const DEFAULT_RETRY = 2;

/** Here and nowhere else: not in an address, not in a storage, not in the page. */
let token = '';

/** What to do once the server takes the token no more. */
let onRefusal = () => {};

/** By how much the clock of the server is ahead of `performance.now()`, in seconds. */
let ahead = 0;

/** The server's time, since a wrong clock here should change nothing. */
export const now = (): number => performance.now() / 1000 + ahead;

export function use(given: string, refused: () => void): void {
  token = given;
  onRefusal = refused;
}

export function forget(): void {
  token = '';
  onRefusal = () => {};
}

const json = <T>(response: Response) => response.json() as Promise<T>;
const nothing = async () => undefined;

// A browser takes the segments `.` and `..` out of a path, however they are encoded: better nobody than somebody else.
const segment = (text: string) => (/^\.{1,2}$/.test(text) ? '%00' : encodeURIComponent(text));
const ofSubject = (subject: string) => `/subjects/${segment(subject)}/sessions`;
const ofId = (id: string) => `/sessions/${segment(id)}`;

export const metrics = () => ask('GET', '/metrics', (response) => response.text());
export const list = (subject: string, cursor?: string) =>
  ask('GET', ofSubject(subject) + (cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''), json<Page>);
export const show = (id: string, withData = false) =>
  ask('GET', ofId(id) + (withData ? '?data=true' : ''), json<Shown>);
export const end = (id: string) => ask('DELETE', ofId(id), nothing);
export const endAll = (subject: string) => ask('DELETE', ofSubject(subject), json<{ revoked: number }>);

async function ask<T>(
  method: string,
  path: string,
  read: (response: Response) => Promise<T>,
): Promise<Answer<T>> {
  const brought = token;
  try {
    const response = await fetch(BASE + path, {
      method,
      headers: { Authorization: `Bearer ${brought}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(DEADLINE * 1000),
    });
    const date = Date.parse(response.headers.get('Date') ?? '');
    if (!Number.isNaN(date)) ahead = (date - performance.now()) / 1000;
    return response.ok ? { kind: 'ok', value: await read(response) } : await problem(response, brought);
  } catch {
    return { kind: 'unavailable', isStore: false, retryAfter: DEFAULT_RETRY };
  }
}

async function problem<T>(response: Response, brought: string): Promise<Answer<T>> {
  const retryAfter = Number(response.headers.get('Retry-After')) || DEFAULT_RETRY;
  const { code, detail, title } = await response.json().catch(() => ({}));
  if (response.status === 401) {
    // Of a token that was changed meanwhile, a late answer says nothing.
    if (brought === token) onRefusal();
    return { kind: 'refused' };
  }
  if (response.status === 404) return { kind: 'absent' };
  if (response.status >= 500)
    return { kind: 'unavailable', isStore: code === 'store_unavailable', retryAfter };
  return { kind: 'failed', message: detail ?? title ?? `status ${response.status}` };
}

export const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));
