import type {
  AuthenticOptions,
  AuthenticSession,
  CurrentOptions,
  CurrentSession,
  LiveDoubt,
  LiveOptions,
  LiveRefusal,
  LiveSession,
  LiveVerifierOptions,
} from './guard.js';

export type * from './guard.js';
export { type MisuseCode, MisuseError } from './misuse.js';

/** Makes a fetch-style handler of one that is given the session as well, behind the request. */
export type Wrapper<Session> = <Rest extends unknown[]>(
  handler: (request: Request, session: Session, ...rest: Rest) => Response | Promise<Response>,
) => (request: Request, ...rest: Rest) => Promise<Response>;

/** 401 for whoever has no *authentic* session cookie. Asks nobody. For turning away, and for nothing that a log-out should hide. */
export function requireAuthentic(options: AuthenticOptions<Request>): Wrapper<AuthenticSession>;
/** 401 for whoever has no *current* statement, and 503 while nobody can tell. For reading. */
export function requireCurrent(options: CurrentOptions<Request>): Wrapper<CurrentSession>;
/** 401 for whoever has no *live* session by the server's word, and 503 while it cannot be asked. For what changes something. */
export function requireLive(options: LiveOptions<Request>): Wrapper<LiveSession>;

/** Gives the handler the session, or `undefined`: also in doubt. */
export function maybeAuthentic(options: AuthenticOptions<Request>): Wrapper<AuthenticSession | undefined>;
export function maybeCurrent(options: CurrentOptions<Request>): Wrapper<CurrentSession | undefined>;
export function maybeLive(options: LiveOptions<Request>): Wrapper<LiveSession | undefined>;

/**
 * The headers with which a request goes on to an application behind, that is reached in no other way:
 * `X-Session-Id`, and `X-Session-Subject` (percent-encoded) where it is known. What the client said under a name that
 * begins with `X-Session-` is dropped.
 */
export function sessionHeaders(
  request: { headers: Headers },
  session?: { sessionId: string; subject?: string },
): Headers;

/** With the `Set-Cookie` lines that the server gave for the visitor. */
export type LiveVerdict = (LiveSession | LiveRefusal | LiveDoubt) & { setCookies: string[] };

/** *Live* as a function: `GET /session` with the visitor's cookie. */
export class LiveVerifier {
  /** @throws {MisuseError} `invalid_option` */
  constructor(options: LiveVerifierOptions);

  /**
   * Asks the server, unless it refused this very cookie a moment ago.
   *
   * @param cookie the visitor's `Cookie` header
   * @throws {MisuseError} `invalid_cookie` when it is no string
   */
  verifyLive(
    cookie: string | null | undefined,
    visitor?: { passive?: boolean; clientAddress?: string },
  ): Promise<LiveVerdict>;
}
