/** Everywhere that this person is signed in, as the server lists it, for the views that show it. */

import * as lastVisit from './last-visit';
import type { Device } from './server';
import * as server from './server';
import { client, current } from './session';
import * as views from './views';

/** Seconds between two looks, while somebody may be looking. */
const REFRESH_EVERY = 30;

export interface SignIn extends Device {
  /** It came after the last visit with this browser. */
  isNew: boolean;
}

/** `undefined` while nobody has answered. */
type Show = (signIns: SignIn[] | undefined) => void;

const shows: Show[] = [];

export function start(): void {
  setInterval(look, REFRESH_EVERY * 1000);
  document.addEventListener('visibilitychange', look);
}

/** Asks the server where somebody may be looking: a tab behind others waits until it is in front. */
export function look(): void {
  if (isLookedAt()) refresh();
}

const isLookedAt = () => views.isShown('account', 'devices') && document.visibilityState === 'visible';

/** Calls `show` with each list that comes. */
export function onEach(show: Show): void {
  shows.push(show);
}

export function clear(): void {
  lastVisit.over();
  for (const show of shows) show(undefined);
}

/** Asks the server, and says whether it answered. */
export async function refresh(): Promise<boolean> {
  const answer = await server.devices();
  if (answer.kind === 'no_session') await client.refresh();
  const subject = current()?.subject;
  if (answer.kind !== 'ok' || subject === undefined) return false;
  const signIns = await marked(subject, answer.value.sessions);
  // This one first, then by when they were used.
  signIns.sort((a, b) => Number(b.current) - Number(a.current) || b.last_seen_at - a.last_seen_at);
  for (const show of shows) show(signIns);
  return true;
}

/** Whoever is here for the first time knows all that was there before. */
async function marked(subject: string, devices: Device[]): Promise<SignIn[]> {
  const newest = Math.max(...devices.map(({ created_at }) => created_at));
  const own = devices.find(({ current }) => current)?.created_at ?? newest;
  const seen = await lastVisit.seenUntil(subject, newest, own);
  return devices.map((each) => ({ ...each, isNew: !each.current && each.created_at > seen }));
}
