/** “Security”: when the password was entered last, and a new ID for the session. */

import { element, onClick, write } from './page';
import { askAgain } from './password-dialog';
import { writeTime } from './relative-time';
import * as server from './server';
import { client, current, type View } from './session';
import { text } from './texts';
import * as views from './views';

export function start(): void {
  onClick(element('enter-password', HTMLButtonElement), enterPassword);
  onClick(element('renew', HTMLButtonElement), renew);
  views.on('security', { leave: clear });
}

export function show({ authenticated_at: at }: View): void {
  for (const id of ['password-entered', 'password-entered-home']) writeTime(id, at);
}

export function clear(): void {
  for (const id of ['password-done', 'renew-done']) write(id, '');
}

async function enterPassword(): Promise<void> {
  write('password-done', (await askAgain()) ? text('password_confirmed') : text('nothing_changed'));
}

async function renew(): Promise<void> {
  const answer = await server.insist(server.renew, () => write('renew-done', text('server_away')));
  if (answer.kind === 'ok') {
    client.adopt(answer.value);
    write('renew-done', text('renewed'));
  } else {
    await client.refresh();
    if (current()) write('renew-done', text('failed'));
  }
}
