/** What changed between two states of the data, and how two changes come together. */

import type { Json, Members } from './json';

/** A member that is not the same on both sides; `undefined` where it is not there. */
export interface Difference {
  name: string;
  before: Json | undefined;
  mine: Json | undefined;
  theirs: Json | undefined;
  /** The side that changed it, if only one did. */
  changedBy: 'mine' | 'theirs' | 'both';
}

/** One text for each value, whatever the order of its members. */
export function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_, part) => (isObject(part) ? sorted(part) : part)) ?? '';
}

export const same = (a: Json | undefined, b: Json | undefined): boolean => canonical(a) === canonical(b);

/** The JSON Merge Patch (RFC 7396) from one state to the other; `undefined` if none can say it. */
export function patchBetween(from: Members, to: Members): Members | undefined {
  const patch = difference(from, to);
  return same(applied(patch, from), to) ? patch : undefined;
}

export function differences(before: Members, mine: Members, theirs: Members): Difference[] {
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  return [...names]
    .map((name) => ({ name, before: at(before, name), mine: at(mine, name), theirs: at(theirs, name) }))
    .filter((each) => !same(each.mine, each.theirs))
    .map((each) => ({ ...each, changedBy: changedBy(each) }));
}

/** `theirs`, with those members as in `mine` that `takeMine` names. */
export function merged(mine: Members, theirs: Members, takeMine: Set<string>): Members {
  const kept = Object.entries(theirs).filter(([name]) => !takeMine.has(name));
  const taken = Object.entries(mine).filter(([name]) => takeMine.has(name));
  return Object.fromEntries([...kept, ...taken]);
}

function changedBy({ before, mine, theirs }: Omit<Difference, 'changedBy'>): Difference['changedBy'] {
  if (same(before, theirs)) return 'mine';
  return same(before, mine) ? 'theirs' : 'both';
}

function difference(from: Members, to: Members): Members {
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name));
  const changed = Object.entries(to).filter(([name, value]) => !same(at(from, name), value));
  // By entries, since a member may be called `__proto__`.
  return Object.fromEntries([
    ...removed.map((name) => [name, null]),
    ...changed.map(([name, value]) => {
      const former = at(from, name);
      return [name, isObject(former) && isObject(value) ? difference(former, value) : value];
    }),
  ]);
}

/** As the server does it: `null` takes a member away. */
function applied(patch: Members, target: Json | undefined): Members {
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, isObject(value) ? applied(value, result.get(name)) : value);
  }
  return Object.fromEntries(result);
}

const at = (members: Members, name: string): Json | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const sorted = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
