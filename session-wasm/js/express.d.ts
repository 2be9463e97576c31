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

declare global {
  namespace Express {
    interface Request {
      /** Behind `requireAuthentic`; behind `maybeAuthentic` if there is one. */
      authenticSession?: AuthenticSession;
      /** Behind `requireCurrent`; behind `maybeCurrent` if there is one. */
      currentSession?: CurrentSession;
      /** Behind `requireLive`; behind `maybeLive` if there is one. */
      liveSession?: LiveSession;
    }
  }
}

/** What a middleware needs of a request, as Express, Connect and `node:http` have it. */
export interface NodeRequest {
  method?: string;
  url?: string;
  originalUrl?: string;
  headers: Record<string, string | string[] | undefined>;
}

/** What a middleware needs of a response. */
export interface NodeResponse {
  statusCode: number;
  hasHeader(name: string): boolean;
  setHeader(name: string, value: string): unknown;
  appendHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** For Express and Connect. */
export type Middleware<Request extends NodeRequest> = (
  request: Request,
  response: NodeResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/** 401 for whoever has no *authentic* session cookie. Asks nobody. For turning away, and for nothing that a log-out should hide. */
export function requireAuthentic<Request extends NodeRequest>(
  options: AuthenticOptions<Request>,
): Middleware<Request>;
/** 401 for whoever has no *current* statement, and 503 while nobody can tell. For reading. */
export function requireCurrent<Request extends NodeRequest>(
  options: CurrentOptions<Request>,
): Middleware<Request>;
/** 401 for whoever has no *live* session by the server's word, and 503 while it cannot be asked. For what changes something. */
export function requireLive<Request extends NodeRequest>(options: LiveOptions<Request>): Middleware<Request>;

/** Sets the session on the request if there is one. In doubt there is none. */
export function maybeAuthentic<Request extends NodeRequest>(
  options: AuthenticOptions<Request>,
): Middleware<Request>;
export function maybeCurrent<Request extends NodeRequest>(
  options: CurrentOptions<Request>,
): Middleware<Request>;
export function maybeLive<Request extends NodeRequest>(options: LiveOptions<Request>): Middleware<Request>;
