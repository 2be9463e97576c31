/** “Account”, where everybody arrives: who is here, where, until when, and where else. */

import type { ClientVerdict, SignedIn } from 'session-wasm/client';
import { deviceName } from './device-name';
import { icon } from './icons';
import { originOf } from './origin';
import { element, write } from './page';
import { client, current, endOf, nameOf, now, type View } from './session';
import type { SignIn } from './sign-ins';
import * as signIns from './sign-ins';
import { counted, type Key, text } from './texts';
import * as timeLine from './time-line';
import { countdown, moment, zoneAt } from './times';
import { described } from './user-agent';
import * as views from './views';
import * as warning from './warning';

/** Seconds before the end from which they are counted. */
const NEAR_END = 300;

/** Pictures of devices that are shown at most. */
const PICTURES = 5;

/** From where this session was started, once that has been told. */
let origin = '';

export function start(): void {
  warning.start();
  signIns.onEach(summarise);
  views.on('account', { enter: signIns.look });
  setInterval(tick, 1000);
}

export function show(state: SignedIn): void {
  const { view, verdict } = state;
  const name = nameOf(view);
  write('subject', name);
  for (const id of ['avatar', 'who-bar-avatar']) write(id, initial(name));
  write('where', where(view));
  write('times-zone', text('times_zone', { zone: zoneAt(now()) }));
  const [seal, words] = sealOf(verdict);
  element('seal', HTMLElement).dataset.state = seal;
  write('seal', words && text(words));
  showTime(state);
}

export function clear(): void {
  warning.clear();
  timeLine.clear();
  for (const id of ['subject', 'where', 'seal', 'times-zone']) write(id, '');
}

/** What changes by time alone. */
function tick(): void {
  const { state } = client;
  if (state.status === 'signed_in') showTime(state);
}

function showTime(state: SignedIn): void {
  write('until', until(state.view));
  write('until-note', untilNote(state.view));
  timeLine.show(state.view);
  warning.show(state);
}

/** In words while there is time, and counted at the end. */
function until(view: View): string {
  const { endsAt, isFinal } = endOf(view);
  const left = endsAt - now();
  if (left <= NEAR_END)
    return text(isFinal ? 'until_soon_final' : 'until_soon', { countdown: countdown(left) });
  return text(isFinal ? 'until_final' : 'until', { time: moment(endsAt, now()) });
}

function untilNote(view: View): string {
  if (endOf(view).isFinal) return text('until_final_note');
  return text('until_note', { time: moment(view.absolute_expires_at, now()) });
}

/** In this browser. Before the server has been heard, nobody knows since when. */
function where(view: View): string {
  const device = deviceName(navigator.userAgent);
  const words =
    'created_at' in view
      ? text('signed_in_on_since', { device, time: moment(view.created_at, now()) })
      : text('signed_in_on', { device });
  return [words, origin].filter(Boolean).join(' · ');
}

function sealOf(verdict: ClientVerdict | null): [string, Key | ''] {
  if (!verdict) return ['asking', ''];
  return verdict.ok ? ['good', 'verified'] : ['refused', 'not_verified'];
}

const initial = (name: string): string => ([...name.trim()][0] ?? '').toLocaleUpperCase();

function summarise(all: SignIn[] | undefined): void {
  const here = all?.find((each) => each.current);
  origin = here ? originOf(here.client) : '';
  const view = current();
  if (view) write('where', where(view));
  write('devices-summary', all ? counted('devices_summary', all.length) : '');
  const news = all?.filter(({ isNew }) => isNew).length ?? 0;
  write('devices-news', news > 0 ? counted('new_sign_ins', news) : '');
  const pictures = (all ?? [])
    .slice(0, PICTURES)
    .map(({ client: { user_agent } }) => described(user_agent ?? '').kind);
  const place = element('devices-pictures', HTMLElement);
  if (place.dataset.shown === pictures.join()) return;
  place.dataset.shown = pictures.join();
  place.replaceChildren(...pictures.map(icon));
}
