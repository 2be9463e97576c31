/** What somebody wrote and did not save, which a sign-out would take along. */

import { confirmed } from './confirm-dialog';
import { text } from './texts';

let isThere = (): boolean => false;

/** Whoever edits something tells whether there is more than was saved. */
export function heed(tell: () => boolean): void {
  isThere = tell;
  addEventListener('beforeunload', (event) => isThere() && event.preventDefault());
}

/** To be said where something ends; empty if nothing is lost by it. */
export const warning = (): string => (isThere() ? text('unsaved_text') : '');

/** Whether it may go, which is asked only if there is something. */
export const mayGo = async (): Promise<boolean> =>
  !isThere() || confirmed(text('unsaved_title'), text('unsaved_text'), text('unsaved_yes'));
