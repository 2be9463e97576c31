/** Asks for the password again, where the server wants it to be fresh. */

import { answerOf, element, onClick, onSubmit, reveal, write } from './page';
import type { Answer } from './server';
import * as server from './server';
import { client, current } from './session';
import { text } from './texts';
import { ahead } from './times';

const dialog = element('password-dialog', HTMLDialogElement);
const form = element('password-form', HTMLFormElement);
const field = element('password-again', HTMLInputElement);

reveal(field, element('show-password-again', HTMLButtonElement));
onClick(element('password-cancel', HTMLButtonElement), async () => dialog.close('cancelled'));
onSubmit(form, confirm);

/** Does `work`, after asking for the password if the server says so; `undefined` if that was declined. */
export async function withPassword<T>(work: () => Promise<Answer<T>>): Promise<Answer<T> | undefined> {
  const answer = await work();
  if (answer.kind !== 'password_needed') return answer;
  return (await askAgain()) ? work() : undefined;
}

/** Whether the password was entered, and was right. */
export async function askAgain(): Promise<boolean> {
  write('password-message', '');
  // Password managers look for the name beside it.
  element('password-name', HTMLInputElement).value = current()?.subject ?? '';
  const answer = await answerOf(dialog);
  form.reset();
  return answer === 'confirmed';
}

/** A session that ends takes its questions along. */
client.addEventListener('ended', () => dialog.open && dialog.close('cancelled'));

async function confirm(): Promise<void> {
  const waiting = () => write('password-message', text('server_away'));
  const answer = await server.insist(() => server.reauthenticate(field.value), waiting);
  switch (answer.kind) {
    case 'ok':
      client.adopt(answer.value);
      return dialog.close('confirmed');
    case 'no_session':
      return void (await client.refresh());
    case 'refused':
      write('password-message', text('password_wrong'));
      break;
    case 'limited':
      write('password-message', text('sign_in_limited_until', { when: ahead(answer.retryAfter) }));
      break;
    default:
      write('password-message', text('failed'));
  }
  field.select();
}
