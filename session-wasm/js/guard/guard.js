import { functionIfAny, origins } from '../checks/option.js';
import { MisuseError, text } from '../misuse.js';
import { isOfAnotherSite } from './another-site.js';
import { anotherSite, noSession, renewed, unavailable } from './answers.js';

/** They say something of us, and nothing of who asks. */
const DOUBTS = ['keys_unavailable', 'revocations_unknown', 'unavailable'];

/**
 * What becomes of a request, whatever framework it came by. An adapter gives each as a visit:
 * `{ method, path, host, header(name), request }`, the path with its query.
 */
class Guard {
  #check;
  #isRequired;
  #passive;
  #clientAddress;
  #onRefusal;
  #signIn;
  #origins;

  constructor(check, isRequired, options) {
    this.#check = check;
    this.#isRequired = isRequired;
    this.#passive = flag(options.passive, 'passive');
    this.#clientAddress = functionIfAny(options.clientAddress, 'clientAddress');
    this.#onRefusal = functionIfAny(options.onRefusal, 'onRefusal');
    this.#signIn =
      options.signIn === undefined ? undefined : text(options.signIn, 'invalid_option', 'signIn');
    this.#origins = origins(options.origins);
  }

  /** By what name the session is handed on. */
  get member() {
    return this.#check.member;
  }

  /** The `session` if there is one, the `answer` if the request goes no further, and cookies for the visitor. */
  async judge(visit) {
    if (this.#isRequired && isOfAnotherSite(visit, this.#origins)) {
      return { answer: anotherSite(), setCookies: [] };
    }
    const passive = this.#passive || visit.header('session-activity') === 'passive';
    const clientAddress = this.#clientAddress?.(visit.request);
    const { verdict, setCookies } = await this.#check.judge(visit.header('cookie'), {
      passive,
      clientAddress,
    });
    if (verdict.ok) return { session: verdict, setCookies };
    this.#onRefusal?.(verdict, visit.request);
    return { answer: this.#isRequired ? this.#answer(visit, verdict) : undefined, setCookies };
  }

  #answer(visit, verdict) {
    if (DOUBTS.includes(verdict.reason)) return unavailable(verdict);
    return verdict.reason === 'renewed' ? renewed() : noSession(visit, verdict, this.#signIn);
  }
}

/** Lets nobody pass but who has such a session. */
export const required = (make, options) => new Guard(checkOf(make, options), true, options);

/** Looks whether there is one. */
export const sought = (make, options) => new Guard(checkOf(make, options), false, options);

const checks = new WeakMap();

/** Whoever is given the same options shares keys, the feed, and the memory of refusals. */
export function checkOf(make, options) {
  if (typeof options !== 'object') throw new MisuseError('invalid_option', 'options: expected an object');
  if (!checks.has(options)) checks.set(options, new Map());
  const made = checks.get(options);
  if (!made.has(make)) made.set(make, make(options));
  return made.get(make);
}

function flag(value = false, name) {
  if (typeof value === 'boolean') return value;
  throw new MisuseError('invalid_option', `${name}: expected true or false`);
}
