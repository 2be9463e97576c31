import { deadlines, staleAt } from './deadlines.js';
import { elapsed } from './server-clock.js';

/** Seconds: what the server's time is not known better than. */
const CLOCK_ERROR = 1;

/** How things stand with the session, as far as this tab knows; `emit` tells what changes. */
export class SessionState {
  state = { status: 'asking', unavailable: false };
  /** Seconds from use to the idle deadline, as far as that has been seen. */
  idleTimeout = 0;
  #clock;
  #verdicts;
  #warnBefore;
  #emit;
  #times;

  constructor(clock, verdicts, warnBefore, emit) {
    this.#clock = clock;
    this.#verdicts = verdicts;
    this.#warnBefore = warnBefore;
    this.#emit = emit;
  }

  get isSignedIn() {
    return this.state.status === 'signed_in';
  }

  /** The server said that nobody is signed in, or the page did. */
  get isOver() {
    return ['signed_out', 'ended'].includes(this.state.status) && !this.state.unavailable;
  }

  isOf(sessionId) {
    return this.isSignedIn && this.state.view.session_id === sessionId;
  }

  /** The server said so. */
  live(view) {
    this.#enter(view, true);
  }

  /** A statement says so, which was lying there when the page began. */
  presumed(statement) {
    const verdict = this.#verdicts.read(statement, this.#clock.now());
    if (!verdict || this.state.status !== 'asking') return;
    this.#clock.atLeast(verdict.issuedAt);
    const view = {
      session_id: verdict.sessionId,
      subject: verdict.subject,
      claims: verdict.claims,
      authenticated_at: verdict.authenticatedAt,
      idle_expires_at: verdict.idleExpiresAt,
      absolute_expires_at: verdict.absoluteExpiresAt,
      statement,
    };
    if (this.#clock.now() < deadlines(view, 0).endsAt) this.#enter(view, false);
  }

  /** The server said that there is none, or the page has just ended it. */
  gone(reason) {
    if (this.isSignedIn) this.#end(this.#endReason(reason));
    else if (this.state.status === 'ended') this.#set({ ...this.state, unavailable: false });
    else this.#set({ status: 'signed_out', unavailable: false, reason });
  }

  /** Nobody said anything, so nothing follows from it. */
  away() {
    this.#set({ ...this.state, unavailable: true });
  }

  /** There are newer keys, or a newer feed. */
  verifyAgain() {
    if (this.isSignedIn) this.#set({ ...this.state, verdict: this.#verdict(this.state.view) });
  }

  /** In `elapsed` seconds: when each of these has come for certain. */
  times() {
    if (!this.isSignedIn || !this.#times) return undefined;
    const inElapsed = ([name, at]) => [name, this.#clock.surelyPast(at)];
    return Object.fromEntries(Object.entries(this.#times).map(inElapsed));
  }

  /** What the clock alone says. The server is asked before that, since it may know of use elsewhere. */
  heedClock(answeredAt) {
    const times = this.times();
    if (!times) return;
    const { unavailable, view, expiring } = this.state;
    const isPast = (at) => elapsed() >= at && (unavailable || answeredAt >= at);
    if (unavailable && isPast(times.endsAt)) {
      this.#end(view.absolute_expires_at <= view.idle_expires_at ? 'expired' : 'idle');
    } else if (!expiring && isPast(times.warnAt)) {
      this.#set({ ...this.state, expiring: true }, 'expiring');
    }
  }

  #enter(view, confirmed) {
    const now = this.#clock.now();
    const verdict = this.#verdict(view);
    const { endsAt, warnAt } = deadlines(view, now, this.#warnBefore);
    // A deadline that has not moved has been warned of, or will be when that was planned.
    const isSame = this.isSignedIn && this.#times?.endsAt === endsAt;
    const expiring = isSame && this.state.expiring;
    this.#times = now && {
      endsAt,
      warnAt: isSame ? this.#times.warnAt : warnAt,
      staleAt: staleAt(verdict, now),
    };
    if (now) this.idleTimeout = Math.max(this.idleTimeout, view.idle_expires_at - now);
    const unavailable = !confirmed && this.state.unavailable;
    this.#set({ status: 'signed_in', unavailable, confirmed, expiring, view, verdict });
  }

  #end(reason) {
    const { view } = this.state;
    this.#set({ status: 'ended', unavailable: false, reason, view }, 'ended');
  }

  #endReason(reason) {
    const { view, verdict } = this.state;
    const isPast = (at) => this.#clock.now() + CLOCK_ERROR >= at;
    if (reason === 'absent') return 'signed_out';
    if (reason === 'expired' || isPast(view.absolute_expires_at)) return 'expired';
    if (verdict?.reason === 'revoked') return 'revoked';
    return isPast(view.idle_expires_at) ? 'idle' : 'ended';
  }

  #verdict(view) {
    const now = this.#clock.now();
    return now === undefined ? null : this.#verdicts.verdict(view, now);
  }

  #set(state, type) {
    const isNews = fingerprint(state) !== fingerprint(this.state);
    this.state = state;
    if (isNews) this.#emit('changed');
    if (type) this.#emit(type);
  }
}

/** Each look at the revocation feed makes a verdict newer, and that alone is no change. */
const fingerprint = (state) =>
  JSON.stringify(state, (name, value) => (name === 'revocationCheckedAt' ? undefined : value));
