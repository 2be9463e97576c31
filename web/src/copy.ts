/** Buttons that copy what stands beside them. */

import { icon } from './icons';
import { make } from './page';
import { pause } from './server';
import { text } from './texts';

/** Seconds. */
const TOLD_FOR = 2;

/** `value` with its button. */
export function copyable(value: string): HTMLElement {
  const shown = make('code', {}, value);
  return make('span', { className: 'copyable' }, shown, copyButton(shown));
}

/** Copies what `shown` says when it is pressed. */
export function copyButton(shown: HTMLElement): HTMLButtonElement {
  const label = make('span', {}, text('copy'));
  const button = make('button', { type: 'button', className: 'quiet copy' }, icon('copy'), label);
  button.addEventListener('click', async () => {
    label.textContent = text((await isCopied(shown.textContent ?? '')) ? 'copied' : 'copy_failed');
    await pause(TOLD_FOR);
    label.textContent = text('copy');
  });
  label.role = 'status';
  return button;
}

/** Not where the browser forbids it. */
const isCopied = (value: string): Promise<boolean> =>
  navigator.clipboard.writeText(value).then(
    () => true,
    () => false,
  );
