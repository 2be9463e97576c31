/// <reference lib="dom" />
/// <reference lib="esnext.disposable" />
export { type MisuseCode, MisuseError } from './misuse.js';

import type { JsonWebKeySet, StatementRefusal, VerifiedStatement } from './statement.js';

/** What `GET /session` answers. Times are seconds since 1970. */
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

/** What a statement alone says of a session. */
export type StatedView = Omit<SessionView, 'created_at'>;

/** `other_session`: a good statement, which came with the view of another session. */
export type ClientVerdict = VerifiedStatement | { ok: false; reason: StatementRefusal | 'other_session' };

/** Nothing is known yet. */
export interface Asking {
  status: 'asking';
  unavailable: boolean;
}

interface SignedInMembers {
  status: 'signed_in';
  /** The server does not answer at present, which ends nothing: it is asked again and again. */
  unavailable: boolean;
  /** The nearer deadline is `warnBefore` away or less. */
  expiring: boolean;
}

/** The server said so. */
export interface Confirmed extends SignedInMembers {
  confirmed: true;
  view: SessionView;
  /** On `view.statement`; `null` while there are no keys, or where no WebAssembly may be compiled. */
  verdict: ClientVerdict | null;
}

/**
 * The statement cookie said so, with a good signature, and the server has not been heard yet. How old
 * the statement is cannot be known before, so greet somebody by it and no more.
 */
export interface Presumed extends SignedInMembers {
  confirmed: false;
  view: StatedView;
  verdict: ClientVerdict | null;
}

export type SignedIn = Confirmed | Presumed;

/** There was no session when the server was asked. */
export interface SignedOut {
  status: 'signed_out';
  unavailable: boolean;
  reason: 'absent' | 'invalid' | 'expired' | 'ended';
}

/** Why the session that was known here is over. */
export type EndReason =
  /** The absolute deadline has passed. */
  | 'expired'
  /** Nobody used it for too long. */
  | 'idle'
  /** The revocation feed names it. */
  | 'revoked'
  /** The server no longer has it. */
  | 'ended'
  /** It was ended by this browser. */
  | 'signed_out';

/** The session that was known here is over. */
export interface Ended {
  status: 'ended';
  unavailable: boolean;
  reason: EndReason;
  /** As it was last known. */
  view: SessionView | StatedView;
}

export type ClientState = Asking | SignedIn | SignedOut | Ended;

export interface ClientEvents {
  /** Anything in the state is another than before; comes before the other two. */
  changed: CustomEvent<ClientState>;
  /** A deadline is near. Once for each deadline; a `changed` without `expiring` withdraws it. */
  expiring: CustomEvent<SignedIn>;
  ended: CustomEvent<Ended>;
}

/** All spans are in seconds. */
export interface ClientOptions {
  /** Where the session server answers; the page's own origin unless given. */
  baseUrl?: string;
  /** What `iss` of its statements is; the origin of `baseUrl` unless given. */
  issuer?: string;
  /** Its keys, if the page has them: then the statement cookie is judged without a question. */
  jwks?: JsonWebKeySet | string;
  /** `__Host-session-statement` unless given. */
  statementCookie?: string;
  /** How long before the nearer deadline `expiring` comes; 120 unless given, or a fifth of what remains if that is less. */
  warnBefore?: number;
  /** Between two looks for an end elsewhere, while the page is visible; 5 unless given, as often as the feed changes. */
  pollEvery?: number;
  /**
   * Whether it asks again by itself when the page is looked at while nobody is signed in; `true` unless given.
   * Each such question is a 401, which browsers show in red. With `false`, a page that was sent by a server which
   * knew that nobody is signed in calls `signedOut()` before `start()`, and `refresh()` when it learns of a
   * sign-in that no other tab with this client has told.
   */
  askWhenSignedOut?: boolean;
  /** After which an answer is not waited for any longer; 10 unless given. */
  patience?: number;
}

/** Keeps a page told of its session. Does nothing before `start`, and may be imported where there is no page. */
export class SessionClient extends EventTarget {
  /** @throws {MisuseError} `invalid_issuer` */
  constructor(options?: ClientOptions);

  /** Replaced as a whole when something changes. */
  readonly state: ClientState;

  /**
   * The server's time in seconds since 1970, with fractions. Until the server has answered it is the
   * earliest that it can be, or `undefined`. The wall clock of this machine has no part in it.
   */
  now(): number | undefined;

  /** Begins to watch; once is enough. */
  start(): void;

  /** Ends every timer, listener, question and channel. It can be started again. */
  stop(): void;

  [Symbol.dispose](): void;

  /** Asks the server now. This does not count as use. Never rejects: see `unavailable` in what it gives. */
  refresh(): Promise<ClientState>;

  /** “Stay signed in”: asks the server, as use of the session. Never rejects. */
  extend(): Promise<ClientState>;

  /** For the page that has just signed in, renewed or reauthenticated itself, with what the server answered. */
  adopt(view: SessionView): void;

  /** For the page that has just signed out itself, when the server has confirmed it. */
  signedOut(): void;

  addEventListener<Type extends keyof ClientEvents>(
    type: Type,
    listener: ((event: ClientEvents[Type]) => void) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    callback: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof ClientEvents>(
    type: Type,
    listener: ((event: ClientEvents[Type]) => void) | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    callback: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
