/** Asks before something is ended. */

import { answerOf, element, onClick, write } from '../page';

const dialog = element('confirm', HTMLDialogElement);

onClick(element('confirm-yes', HTMLButtonElement), async () => dialog.close('yes'));
onClick(element('confirm-no', HTMLButtonElement), async () => dialog.close(''));

/** Whether it is to be done. */
export async function confirmed(title: string, text: string, yes: string): Promise<boolean> {
  write('confirm-title', title);
  write('confirm-text', text);
  write('confirm-yes', yes);
  return (await answerOf(dialog)) === 'yes';
}

export function dismiss(): void {
  if (dialog.open) dialog.close('');
  for (const id of ['confirm-title', 'confirm-text', 'confirm-yes']) write(id, '');
}
