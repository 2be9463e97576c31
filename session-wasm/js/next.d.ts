import type { NextRequest } from 'next/server.js';
import type {
  AuthenticOptions,
  AuthenticSession,
  CurrentOptions,
  CurrentSession,
  LiveOptions,
  LiveSession,
} from './guard.js';

export type * from './guard.js';
export { type MisuseCode, MisuseError } from './misuse.js';

/** For `proxy.ts`, or `middleware.ts` as it was called. The request goes on with `X-Session-Id` and `X-Session-Subject`. */
export type Middleware = (request: NextRequest) => Promise<Response>;

/** 401 for whoever has no *authentic* session cookie. Asks nobody. For turning away, and for nothing that a log-out should hide. */
export function requireAuthentic(options: AuthenticOptions<NextRequest>): Middleware;
/** 401 for whoever has no *current* statement, and 503 while nobody can tell. For reading. */
export function requireCurrent(options: CurrentOptions<NextRequest>): Middleware;
/** 401 for whoever has no *live* session by the server's word, and 503 while it cannot be asked. For what changes something. */
export function requireLive(options: LiveOptions<NextRequest>): Middleware;

/** Lets everybody go on, and says of whom has one what the session is. In doubt there is none. */
export function maybeAuthentic(options: AuthenticOptions<NextRequest>): Middleware;
export function maybeCurrent(options: CurrentOptions<NextRequest>): Middleware;
export function maybeLive(options: LiveOptions<NextRequest>): Middleware;

/** What reads the session of the request at hand has no request to be asked about. */
type Readable<Options> = Omit<Options, 'signIn' | 'origins' | 'onRefusal' | 'clientAddress'>;

/**
 * Reads the session of the request at hand, in a server component, an action or a route handler: `undefined` if
 * there is none. Rejects with a `SessionsUnavailableError` while nobody can tell. An action and a route handler are
 * requests of their own, so what changes something asks for `liveSession` there.
 */
export function authenticSession(
  options: Readable<AuthenticOptions<NextRequest>>,
): () => Promise<AuthenticSession | undefined>;
export function currentSession(
  options: Readable<CurrentOptions<NextRequest>>,
): () => Promise<CurrentSession | undefined>;
export function liveSession(
  options: Readable<LiveOptions<NextRequest>>,
): () => Promise<LiveSession | undefined>;
