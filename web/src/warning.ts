/** The warning before the session ends, and “Stay signed in”. */

import type { SignedIn } from 'session-wasm/client';
import { element, onClick, write } from './page';
import { client, current, endOf, now, type View } from './session';
import { text } from './texts';
import { countdown, moment, timeOfDay } from './times';

const root = document.documentElement;
const bar = element('warning', HTMLElement);
const stayNow = element('stay-now', HTMLButtonElement);
const stay = element('stay', HTMLButtonElement);

export function start(): void {
  for (const button of [stay, stayNow]) onClick(button, goOn);
}

export function show({ expiring, unavailable, view }: SignedIn): void {
  const { isFinal } = endOf(view);
  root.toggleAttribute('data-urgent', expiring);
  bar.hidden = !expiring;
  if (expiring) describe(view);
  else write('warning-text', '');
  stayNow.hidden = isFinal;
  // Nothing moves the final deadline, and nobody answers.
  stay.disabled = stayNow.disabled = isFinal || unavailable;
}

function describe(view: View): void {
  const { endsAt, isFinal } = endOf(view);
  const time = timeOfDay(endsAt);
  // The live region says it once; the countdown beside it is for the eyes.
  write('warning-text', text(isFinal ? 'warning_final' : 'warning_idle', { time }));
  write('warning-left', countdown(endsAt - now()));
}

export function clear(): void {
  root.removeAttribute('data-urgent');
  bar.hidden = true;
  for (const id of ['warning-text', 'stay-done']) write(id, '');
}

async function goOn(): Promise<void> {
  const hadFocus = document.activeElement === stayNow;
  const { unavailable } = await client.extend();
  const view = current();
  if (!view) return;
  if (unavailable) return write('stay-done', text('stay_failed'));
  // The button that was pressed is gone with the warning.
  if (hadFocus) element('main', HTMLElement).focus();
  write('stay-done', text('stay_done', { time: moment(view.idle_expires_at, now()) }));
}
