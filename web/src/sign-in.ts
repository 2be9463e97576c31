/** The sign-in form. It works as a plain form too, until this script takes over. */

import type { SessionView } from 'session-wasm/client';
import { BASE } from './base';
import { element, onSubmit, reveal, write } from './page';
import { askAgain } from './password-dialog';
import * as server from './server';
import { client } from './session';
import { text } from './texts';
import { ahead, countdown } from './times';
import * as views from './views';

const form = element('sign-in-form', HTMLFormElement);
const username = element('username', HTMLInputElement);
const password = element('password', HTMLInputElement);
const button = element('sign-in-button', HTMLButtonElement);
const next = element('sign-in-next', HTMLInputElement);

/** Where the form leads to unless the address said otherwise: this page. */
const HERE = `${new URL(BASE).pathname.replace(/\/$/, '')}/#welcome`;

/** Milliseconds. Whoever comes back from there so soon was sent back, and would be again. */
const COMES_BACK = 10_000;

export function start(): void {
  reveal(password, element('show-password', HTMLButtonElement));
  views.on('sign-in', { enter: focus });
  onSubmit(form, async () => {
    for (const id of ['farewell', 'sign-in-message', 'cookie-refused']) write(id, '');
    const view = await attempt();
    if (!view) return password.select();
    form.reset();
    write('sign-in-message', '');
    client.adopt(view);
    leave();
  });
}

/**
 * As `autofocus` does where the form is there from the beginning; two that both do it may come while
 * somebody types. A browser heeds it in no address with a fragment. Who was signed out is told so first.
 */
function focus(): void {
  if (username.autofocus && !location.hash) return;
  if (document.activeElement === document.body) username.focus();
}

/** To where the visitor wanted to go, if that is another page of this site. */
function leave(): void {
  if (next.value === HERE || !URL.canParse(next.value, location.href)) return;
  const to = new URL(next.value, location.href);
  if (to.origin !== location.origin || !next.value.startsWith('/')) return;
  sessionStorage.setItem('left', JSON.stringify([to.href, Date.now()]));
  location.assign(to);
}

/** The same for who has signed in elsewhere meanwhile, or enters the password once more for that page. */
export async function passOn(): Promise<void> {
  if (location.hash === '#reauthenticate') return (await askAgain()) ? leave() : undefined;
  const [to, at] = JSON.parse(sessionStorage.getItem('left') ?? '[]');
  const isBack = to === new URL(next.value, location.href).href && Date.now() - at < COMES_BACK;
  if (!isBack) leave();
}

async function attempt(): Promise<SessionView | undefined> {
  const waiting = () => write('sign-in-message', text('sign_in_waiting'));
  const answer = await server.insist(() => server.signIn(username.value, password.value), waiting);
  switch (answer.kind) {
    case 'ok':
      return (await isKept()) ? answer.value : undefined;
    case 'refused':
      write('sign-in-message', text('sign_in_refused'));
      return undefined;
    case 'limited':
      write('sign-in-message', text('sign_in_limited_until', { when: ahead(answer.retryAfter) }));
      await count(answer.retryAfter);
      write('sign-in-message', '');
      return undefined;
    case 'absent':
      write('sign-in-message', text('sign_in_absent'));
      return undefined;
    default:
      write('sign-in-message', text('failed'));
      return undefined;
  }
}

/** Whether the browser has kept the cookie: some keep it for https alone, and say nothing of it. */
async function isKept(): Promise<boolean> {
  const { status, unavailable } = await client.refresh();
  if (status === 'signed_in' || unavailable) return true;
  const isPlain = location.protocol === 'http:';
  write('cookie-refused', text(isPlain ? 'cookie_refused_http' : 'cookie_refused_settings'));
  return false;
}

/** Counts down on the button, where a screen reader does not repeat it every second. */
async function count(seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  button.disabled = true;
  for (let left = seconds; left > 0; left = (end - performance.now()) / 1000) {
    button.textContent = text('try_again_in', { countdown: countdown(left) });
    await server.pause(Math.min(1, left));
  }
  button.textContent = text('sign_in');
  button.disabled = false;
}
