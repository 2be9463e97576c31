/** Asks before something ends that cannot be taken back. */

import { answerOf, element, onClick, write } from './page';
import { client } from './session';

const dialog = element('confirm', HTMLDialogElement);

export function start(): void {
  onClick(element('confirm-yes', HTMLButtonElement), async () => dialog.close('yes'));
  onClick(element('confirm-no', HTMLButtonElement), async () => dialog.close(''));
  // A session that ends takes its questions along.
  client.addEventListener('ended', () => dialog.open && dialog.close(''));
}

/** Whether it is to be done: `yes` is what the button says that does it. */
export async function confirmed(title: string, words: string, yes: string): Promise<boolean> {
  write('confirm-title', title);
  write('confirm-text', words);
  write('confirm-yes', yes);
  return (await answerOf(dialog)) === 'yes';
}
