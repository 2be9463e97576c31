import type { Context, MiddlewareHandler } from 'hono';
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

/** 401 for whoever has no *authentic* session cookie. Asks nobody. For turning away, and for nothing that a log-out should hide. */
export function requireAuthentic(
  options: AuthenticOptions<Context>,
): MiddlewareHandler<{ Variables: { authenticSession: AuthenticSession } }>;
/** 401 for whoever has no *current* statement, and 503 while nobody can tell. For reading. */
export function requireCurrent(
  options: CurrentOptions<Context>,
): MiddlewareHandler<{ Variables: { currentSession: CurrentSession } }>;
/** 401 for whoever has no *live* session by the server's word, and 503 while it cannot be asked. For what changes something. */
export function requireLive(
  options: LiveOptions<Context>,
): MiddlewareHandler<{ Variables: { liveSession: LiveSession } }>;

/** Sets the session if there is one. In doubt there is none. */
export function maybeAuthentic(
  options: AuthenticOptions<Context>,
): MiddlewareHandler<{ Variables: { authenticSession: AuthenticSession | undefined } }>;
export function maybeCurrent(
  options: CurrentOptions<Context>,
): MiddlewareHandler<{ Variables: { currentSession: CurrentSession | undefined } }>;
export function maybeLive(
  options: LiveOptions<Context>,
): MiddlewareHandler<{ Variables: { liveSession: LiveSession | undefined } }>;
