import { elapsed } from './server-clock.js';

/** Seconds between two looks for newer keys: a ring is rotated rarely, and one statement is no reason to ask on and on. */
const KEYS_COOLDOWN = 60;

/** Seconds. */
const OFTEN_ENOUGH = 30;

/**
 * Verifies statements in this page. The module is loaded when it is first needed; a page that may not
 * compile WebAssembly goes without verdicts, which are `null` then.
 */
export class Verdicts {
  #issuer;
  #questions;
  #jwks;
  #verifier;
  #module;
  #feed;
  #loading;
  #reloadedAt = Number.NEGATIVE_INFINITY;

  constructor(issuer, questions, jwks) {
    this.#issuer = issuer;
    this.#questions = questions;
    this.#jwks = jwks;
  }

  get isReady() {
    return this.#verifier !== undefined;
  }

  /** On the statement that came with `view`; `null` while there are no keys. */
  verdict({ statement, session_id, subject }, now) {
    const verdict = this.#verifier?.verify(statement, Math.floor(now)) ?? null;
    const isOther = verdict?.ok && (verdict.sessionId !== session_id || verdict.subject !== subject);
    return isOther ? { ok: false, reason: 'other_session' } : verdict;
  }

  /** What a statement says of its session, as of when it was made if nothing is known of the time. */
  read(statement, now = 0) {
    const { issuedAt } = this.#module?.decodeUnverified(statement).unverified ?? {};
    if (issuedAt === undefined) return undefined; // Whatever lay in the cookie, it is no statement.
    const verdict = this.#verifier.verify(statement, Math.max(issuedAt, Math.floor(now)));
    return verdict.ok ? verdict : undefined;
  }

  /** As every verifier reads them, once the module is there. */
  cookieValues(header, name) {
    return this.#module.cookieValues(header, name);
  }

  /**
   * How long after use the next one counts: as the server has it, which pushes the deadline no oftener.
   * It counts whole seconds, so use that comes a moment too early would be lost. A page without the module
   * does not know, and tells of use so often that no idle timeout of a minute or more can pass in between.
   */
  extensionInterval(idleTimeout) {
    return (this.#module?.extensionInterval(Math.floor(idleTimeout)) ?? OFTEN_ENOUGH) + 1;
  }

  /** Whether its key is not among ours; otherwise it counts from now on, if it is in order. */
  useFeed(feed, now) {
    this.#feed = feed;
    return this.#verifier?.useRevocations(feed, Math.floor(now)).reason === 'unknown_key';
  }

  /** Loads what is missing, newer keys if nothing is, and says whether there is something new. */
  load(signal, now) {
    this.#loading ??= this.#load(signal, now).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(signal, now) {
    const isFirst = !this.isReady;
    if (!isFirst && elapsed() - this.#reloadedAt < KEYS_COOLDOWN) return false;
    if (!isFirst) this.#reloadedAt = elapsed();
    try {
      const [module, jwks] = await Promise.all([
        import('#statement'),
        (isFirst && this.#jwks) || this.#keys(isFirst ? 'default' : 'reload', signal),
      ]);
      if (jwks === undefined) return false;
      this.#verifier = new module.StatementVerifier({ jwks, issuer: this.#issuer });
      this.#module = module;
      if (this.#feed) this.useFeed(this.#feed, now);
      return true;
    } catch {
      return false; // No module, no WebAssembly here, or keys that are none.
    }
  }

  async #keys(cache, signal) {
    return (await this.#questions.document('/.well-known/jwks.json', cache, signal)).text;
  }
}
