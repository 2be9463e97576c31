import { watchInput } from './client/activity.js';
import { Questions } from './client/questions.js';
import { Schedule } from './client/schedule.js';
import { elapsed, ServerClock } from './client/server-clock.js';
import { SessionState } from './client/session-state.js';
import { Tabs } from './client/tabs.js';
import { Verdicts } from './client/verdicts.js';
import { MisuseError, publicOrigin } from './misuse.js';

export { MisuseError };

const FEED = '/.well-known/session-revocations';

/** Seconds. Input during an outage counts when it is over, unless it is older than this. */
const INPUT_COUNTS_FOR = 30;
/** Seconds. A longer timer would overflow; this one finds nothing to do, and is set again. */
const LONGEST_TIMER = 3600;

const NEVER = Number.POSITIVE_INFINITY;
const DEFAULTS = {
  pollEvery: 5,
  patience: 10,
  statementCookie: '__Host-session-statement',
  askWhenSignedOut: true,
};

export class SessionClient extends EventTarget {
  #options;
  #clock = new ServerClock();
  #schedule = new Schedule();
  #session;
  #questions;
  #verdicts;
  #tabs;
  /** From `start` to `stop`. */
  #run;
  /** While the page is there: not between `pagehide` and `pageshow`. */
  #open;
  #timer;
  #isAsking = false;
  /** Not if something before the server keeps it to itself. */
  #hasFeed = true;
  /** Goes up when the page says who is signed in: an answer to an older question is void. */
  #turn = 0;
  #inputAt = Number.NEGATIVE_INFINITY;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(options = {}) {
    super();
    this.#options = { baseUrl: globalThis.location?.origin, ...DEFAULTS, ...options };
    const {
      baseUrl,
      issuer = baseUrl && new URL(baseUrl).origin,
      jwks,
      patience,
      warnBefore,
    } = this.#options;
    // Refused here, or it would be heard of only by every statement being of another one.
    if (this.#options.issuer !== undefined) publicOrigin(issuer, 'invalid_issuer', 'issuer');
    this.#questions = new Questions(baseUrl, this.#clock, patience);
    this.#verdicts = new Verdicts(issuer, this.#questions, jwks);
    this.#tabs = new Tabs(`session-wasm ${baseUrl}`);
    const emit = (type) => this.dispatchEvent(new CustomEvent(type, { detail: this.state }));
    this.#session = new SessionState(this.#clock, this.#verdicts, warnBefore, emit);
  }

  get state() {
    return this.#session.state;
  }

  now() {
    return this.#clock.now();
  }

  start() {
    if (this.#run) return;
    this.#run = new AbortController();
    const { signal } = this.#run;
    const on = (target, type, act) => target.addEventListener(type, act, { signal });
    on(globalThis, 'pagehide', () => this.#leave());
    on(globalThis, 'pageshow', ({ persisted }) => persisted && this.#wake());
    on(globalThis, 'online', () => this.#wake());
    on(globalThis, 'focus', () => this.#wake());
    on(document, 'visibilitychange', () => document.visibilityState === 'visible' && this.#wake());
    watchInput(() => this.#heedInput(), signal);
    this.#wake();
    this.#presume();
  }

  stop() {
    this.#run?.abort();
    this.#run = undefined;
    this.#leave();
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.stop();
  }

  async refresh() {
    await this.#askSession(false);
    return this.state;
  }

  async extend() {
    await this.#askSession(true);
    return this.state;
  }

  adopt(view) {
    this.#turn += 1;
    this.#countedAt = elapsed();
    this.#takeIn({ kind: 'live', view, active: true }, false);
    // Whoever has asked for nothing yet does not know what time it is, and nothing could be planned.
    if (this.now() === undefined) this.#schedule.want();
    this.#plan();
  }

  signedOut() {
    this.#turn += 1;
    // The ID tells other tabs that it is theirs that has ended.
    this.#takeIn({ kind: 'none', reason: 'absent', sessionId: this.state.view?.session_id }, false);
  }

  /** The page is here (again), and what it knows may be old. */
  #wake() {
    if (!this.#open) {
      this.#open = new AbortController();
      this.#tabs.open((message) => this.#hear(message));
    }
    if (this.#options.askWhenSignedOut || !this.#session.isOver) this.#schedule.want();
    this.#plan();
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#open?.abort();
    this.#open = undefined;
    this.#isAsking = false;
    this.#tabs.close();
  }

  /** What a statement in a cookie says holds until the server has answered. */
  async #presume() {
    const open = this.#open;
    const name = this.#options.statementCookie;
    // As it is now: the server's first answer brings another statement.
    const header = document.cookie;
    // Only a look whether it is worth loading the module that reads it.
    if (!header.includes(name) || !(await this.#verdicts.load(open.signal))) return;
    const [statement] = this.#verdicts.cookieValues(header, name);
    if (!statement || open !== this.#open) return;
    this.#session.presumed(statement);
    this.#plan();
  }

  /** Does what is due, and sets the timer for what is next. */
  #plan() {
    clearTimeout(this.#timer);
    if (!this.#open || this.#isAsking) return;
    this.#session.heedClock(this.#schedule.answeredAt);
    const now = elapsed();
    const { unavailable } = this.state;
    const times = this.#session.times();
    const sessionAt = this.#schedule.sessionAt(times, unavailable);
    const polls = times && !unavailable && document.visibilityState === 'visible';
    const pollAt = polls ? this.#schedule.pollAt(this.#options.pollEvery) : NEVER;
    if (Math.min(sessionAt, pollAt) <= now) {
      this.#askAlone(sessionAt <= now || !this.#hasFeed || !this.#verdicts.isReady);
      return;
    }
    const clockAt = Object.values(times ?? {}).filter((at) => at > now);
    const span = Math.min(sessionAt, pollAt, ...clockAt, now + LONGEST_TIMER) - now;
    this.#timer = setTimeout(() => this.#plan(), span * 1000);
  }

  async #askAlone(aboutSession) {
    const open = this.#open;
    this.#isAsking = true;
    // Input that the server could not be told of, if it was just now.
    const counts = this.#inputAt > this.#countedAt && elapsed() - this.#inputAt < INPUT_COUNTS_FOR;
    const active = this.state.unavailable && counts;
    const ask = () => (aboutSession ? this.#askSession(active) : this.#askFeed());
    const asked = await this.#tabs.alone(ask, this.#options.patience + 2);
    if (open !== this.#open) return;
    this.#isAsking = false;
    if (!asked) this.#schedule.yielded();
    this.#plan();
  }

  async #askSession(active) {
    const [open, turn] = [this.#open, this.#turn];
    if (!open) return;
    this.#schedule.asked();
    if (active) this.#countedAt = elapsed();
    let answer = await this.#questions.session(active, open.signal);
    // Another tab may have renewed the session meanwhile: once more, now with the new cookie.
    if (answer.kind === 'none' && this.#session.isSignedIn) {
      answer = await this.#questions.session(active, open.signal);
    }
    if (turn !== this.#turn || open !== this.#open) return;
    if (active && answer.kind === 'away') this.#countedAt = Number.NEGATIVE_INFINITY;
    this.#takeIn({ ...answer, active }, false);
  }

  async #askFeed() {
    const [open, turn] = [this.#open, this.#turn];
    const answer = await this.#questions.document(FEED, 'no-cache', open.signal);
    if (answer.kind === 'missing') this.#hasFeed = false;
    else if (turn === this.#turn && open === this.#open) this.#takeIn(answer, false);
  }

  /** What the server answered, or what another tab `heard` and passes on. */
  #takeIn(answer, heard) {
    if (!heard) this.#tabs.tell({ ...answer, at: this.#clock.earliest() });
    if (answer.kind === 'away') {
      this.#schedule.failed(answer.retryAfter, heard);
      this.#session.away();
    } else if (answer.kind === 'text') {
      this.#schedule.polled(heard);
      this.#heedFeed(answer.text);
    } else {
      this.#schedule.answered(heard);
      if (answer.kind === 'live') this.#session.live(answer.view);
      else this.#session.gone(answer.reason);
      this.#verify();
    }
    this.#plan();
  }

  #hear({ at, ...message }) {
    this.#clock.atLeast(at);
    const { kind, view, sessionId, active } = message;
    if (active) this.#countedAt = elapsed();
    // Of the session that is known here another tab's word is good. Of another, or of its end, the
    // server is asked: words can overtake each other.
    const isGood =
      kind === 'away' ||
      (kind === 'text' && this.#session.isSignedIn) ||
      this.#session.isOf(kind === 'live' ? view.session_id : sessionId);
    if (isGood) this.#takeIn(message, true);
    else if (kind === 'live' || this.#session.isSignedIn) this.#schedule.want();
    this.#plan();
  }

  #heedFeed(feed) {
    const needsKeys = this.#verdicts.useFeed(feed, this.now());
    this.#session.verifyAgain();
    if (needsKeys) this.#verify(needsKeys);
    // The feed may know less than the server, which has the last word.
    if (this.state.verdict?.reason === 'revoked') this.#schedule.want();
  }

  /** Verifies the statement with newer keys, if it needs some. */
  async #verify(
    needsKeys = [null, 'unknown_key'].includes(this.state.verdict?.reason ?? this.state.verdict),
  ) {
    const open = this.#open;
    if (!needsKeys || !open || !(await this.#verdicts.load(open.signal, this.now()))) return;
    if (open === this.#open) this.#session.verifyAgain();
  }

  #heedInput() {
    this.#inputAt = elapsed();
    const interval = this.#verdicts.extensionInterval(this.#session.idleTimeout);
    const isDue = this.#inputAt - this.#countedAt >= interval;
    if (this.#session.isSignedIn && !this.state.unavailable && isDue) this.#askSession(true);
  }
}
