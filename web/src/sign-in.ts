/** The sign-in form. It works as a plain form too, until this script takes over. */

import { element, write } from './page';
import type { SessionView } from './server';
import * as server from './server';
import { countdown, span } from './words';

const form = element('sign-in-form', HTMLFormElement);
const username = element('username', HTMLInputElement);
const password = element('password', HTMLInputElement);
const button = element('sign-in-button', HTMLButtonElement);

export function start(signedIn: (view: SessionView) => void): void {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    write('farewell', '');
    write('sign-in-message', '');
    const view = await attempt();
    button.disabled = false;
    if (!view) return password.select();
    form.reset();
    signedIn(view);
  });
}

async function attempt(): Promise<SessionView | undefined> {
  for (;;) {
    const answer = await server.signIn(username.value, password.value);
    switch (answer.kind) {
      case 'ok':
        write('sign-in-message', '');
        return answer.value;
      case 'signed_out':
        write('sign-in-message', 'The name or the password is wrong.');
        return undefined;
      case 'absent':
        write('sign-in-message', 'There is no sign-in at this address.');
        return undefined;
      case 'failed':
        write('sign-in-message', `The server refused the request: ${answer.message}.`);
        return undefined;
      case 'limited':
        write('sign-in-message', `Too many attempts. You can try again in ${span(answer.retryAfter)}.`);
        await count(answer.retryAfter);
        write('sign-in-message', '');
        return undefined;
      case 'unavailable':
        write('sign-in-message', 'Signing in is not possible at this moment. Trying again…');
        await server.pause(answer.retryAfter);
    }
  }
}

/** Counts down on the button, where a screen reader does not repeat it every second. */
async function count(seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (let left = seconds; left > 0; left = (end - performance.now()) / 1000) {
    button.textContent = `Try again in ${countdown(left)}`;
    await server.pause(Math.min(1, left));
  }
  button.textContent = 'Sign in';
}
