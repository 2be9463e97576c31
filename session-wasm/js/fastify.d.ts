import type { FastifyReply, FastifyRequest } from 'fastify';
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

declare module 'fastify' {
  interface FastifyRequest {
    /** Behind `requireAuthentic`; behind `maybeAuthentic` if there is one. */
    authenticSession?: AuthenticSession;
    /** Behind `requireCurrent`; behind `maybeCurrent` if there is one. */
    currentSession?: CurrentSession;
    /** Behind `requireLive`; behind `maybeLive` if there is one. */
    liveSession?: LiveSession;
  }
}

/** For `onRequest`, which comes before the body is read, of a route or of all. */
export type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** 401 for whoever has no *authentic* session cookie. Asks nobody. For turning away, and for nothing that a log-out should hide. */
export function requireAuthentic(options: AuthenticOptions<FastifyRequest>): Hook;
/** 401 for whoever has no *current* statement, and 503 while nobody can tell. For reading. */
export function requireCurrent(options: CurrentOptions<FastifyRequest>): Hook;
/** 401 for whoever has no *live* session by the server's word, and 503 while it cannot be asked. For what changes something. */
export function requireLive(options: LiveOptions<FastifyRequest>): Hook;

/** Sets the session on the request if there is one. In doubt there is none. */
export function maybeAuthentic(options: AuthenticOptions<FastifyRequest>): Hook;
export function maybeCurrent(options: CurrentOptions<FastifyRequest>): Hook;
export function maybeLive(options: LiveOptions<FastifyRequest>): Hook;
