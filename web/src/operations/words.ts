/** Numbers and devices of the operations view as people read them. */

import { described, verbatim } from '../user-agent';

/** `0`, `0.5`, `12`, `1,240`: three digits are enough for a rate. */
export function amount(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}

export const rate = (value: number): string => `${amount(value)}/s`;

/** `0.32 ms`, `1 s`; the last bound of the histogram is a second. */
export function latency(seconds: number): string {
  if (seconds === Infinity) return 'over 1 s';
  return seconds >= 1 ? `${amount(seconds)} s` : `${amount(seconds * 1000)} ms`;
}

/** `live`, `wrong secret`: the value of a label. */
export const plain = (label: string): string => label.replaceAll('_', ' ');

/** `Firefox on Windows`. */
export function device(userAgent: string): string {
  const { browser, system } = described(userAgent);
  const known = [browser, system].filter((part) => part !== undefined).join(' on ');
  return known || verbatim(userAgent) || 'Unknown device';
}

/** `no sessions`, `1 session`, `3 sessions`. */
export function sessions(count: number): string {
  return `${count === 0 ? 'no' : count.toLocaleString('en-GB')} session${count === 1 ? '' : 's'}`;
}

/** `in the last 76 s`, `in the last 4 min`. */
export const lately = (seconds: number): string => `in the last ${lasting(seconds)}`;

/** `76 s`, `4 min`. */
export function lasting(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

export const notThere = (metric: string): string => `Not there: this server does not tell ${metric}.`;
export const UNANSWERED = 'The server does not answer. Trying again…';
export const STORE_AWAY = 'The session store is away. Nothing is known of sessions meanwhile; trying again…';
export const REFUSED = 'The server does not take this token. Enter one that is in its file now.';
export const RETIRED =
  'The server no longer takes the token: it was retired or replaced. Enter one that is in its file now.';
