/** Two changes of the same data, side by side: the person decides, member by member. */

import { element, make, onClick, onSubmit } from '../page';
import { type Key, text } from '../texts';
import type { Json, Members } from './json';
import { type Difference, differences, merged } from './merge';

export interface Conflict {
  before: Members;
  mine: Members;
  theirs: Members;
  /** Of `theirs`. */
  tag: string;
}

type Decide = (conflict: Conflict, members: Members) => void | Promise<void>;

const form = element('conflict', HTMLFormElement);
const list = element('conflict-members', HTMLElement);
const editor = element('data-form', HTMLFormElement);
let shown: Conflict | undefined;

export function start(save: Decide, edit: Decide): void {
  onSubmit(form, async (submitter) => {
    if (!shown) return;
    const decide = submitter?.id === 'conflict-edit' ? edit : save;
    await decide(shown, merged(shown.mine, shown.theirs, takenFromMine()));
  });
  onClick(element('conflict-back', HTMLButtonElement), async () => {
    close();
    element('data-text', HTMLTextAreaElement).focus();
  });
}

export const isOpen = (): boolean => shown !== undefined;

export function open(conflict: Conflict): void {
  shown = conflict;
  list.replaceChildren(...differences(conflict.before, conflict.mine, conflict.theirs).map(choice));
  form.hidden = false;
  editor.hidden = true;
  element('conflict-title', HTMLElement).focus();
}

export function close(): void {
  shown = undefined;
  list.replaceChildren();
  form.hidden = true;
  editor.hidden = false;
}

function takenFromMine(): Set<string> {
  const chosen = form.querySelectorAll<HTMLInputElement>('input[value="mine"]:checked');
  return new Set([...chosen].map((input) => input.dataset.member ?? ''));
}

const NOTES: Record<Difference['changedBy'], Key> = {
  mine: 'conflict_mine',
  theirs: 'conflict_theirs',
  both: 'conflict_both',
};

function choice(difference: Difference, place: number): HTMLFieldSetElement {
  const { name, before, mine, theirs, changedBy } = difference;
  const was = text('conflict_before', { value: inWords(before) });
  const note = make('p', { className: 'detail' }, text(NOTES[changedBy]), ' ', was);
  return make(
    'fieldset',
    {},
    make('legend', {}, name),
    note,
    option(place, name, 'mine', 'conflict_yours', mine, changedBy),
    option(place, name, 'theirs', 'conflict_other', theirs, changedBy),
  );
}

function option(
  place: number,
  member: string,
  value: 'mine' | 'theirs',
  title: Key,
  content: Json | undefined,
  changedBy: Difference['changedBy'],
): HTMLLabelElement {
  // What only one side changed is no conflict, and stands as changed unless somebody objects.
  const checked = changedBy === value;
  const input = make('input', { type: 'radio', name: `member-${place}`, value, required: true, checked });
  input.dataset.member = member;
  return make(
    'label',
    { className: 'option' },
    input,
    make('span', {}, text(title)),
    make('code', {}, inWords(content)),
  );
}

function inWords(value: Json | undefined): string {
  if (value === undefined) return text('conflict_absent');
  const line = JSON.stringify(value);
  return line.length > 60 ? JSON.stringify(value, undefined, 2) : line;
}
