/** The warning before the session ends, and “Stay signed in”. */

import type { SignedIn } from 'session-wasm/client';
import { element, onClick, write } from './page';
import { client, current, now, type View } from './session';
import { countdown, moment } from './words';

const root = document.documentElement;
const bar = element('warning', HTMLElement);
const button = element('stay-now', HTMLButtonElement);

export function start(): void {
  for (const id of ['stay', 'stay-now']) onClick(element(id, HTMLButtonElement), stay);
}

export function show({ expiring, view }: SignedIn): void {
  root.toggleAttribute('data-urgent', expiring);
  bar.hidden = !expiring;
  if (expiring) describe(view);
  else write('warning-text', '');
}

function describe(view: View): void {
  const isFinal = view.absolute_expires_at <= view.idle_expires_at;
  const endsAt = Math.min(view.absolute_expires_at, view.idle_expires_at);
  // The live region says it once; the countdown beside it is for the eyes.
  write(
    'warning-text',
    isFinal ? FINAL : `You will be signed out at ${moment(endsAt, now())} unless you stay.`,
  );
  write('warning-left', countdown(endsAt - now()));
  button.hidden = isFinal;
}

const FINAL = 'Your session reaches its final deadline shortly. Save what you are doing.';

export function clear(): void {
  root.removeAttribute('data-urgent');
  bar.hidden = true;
  write('warning-text', '');
}

async function stay(): Promise<void> {
  const hadFocus = document.activeElement === button;
  const { unavailable } = await client.extend();
  const view = current();
  if (!view) return;
  if (unavailable)
    return write('done', 'The server cannot confirm it at this moment. Please try again shortly.');
  // The button that was pressed is gone with the warning.
  if (hadFocus) element('main', HTMLElement).focus();
  const until = moment(view.idle_expires_at, now());
  write('done', `You stay signed in until ${until}, and longer if you come back before.`);
}
