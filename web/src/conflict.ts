/** Two changes of the same data, side by side: the person decides, member by member. */

import type { Json, Members } from './json';
import { type Difference, differences, merged } from './merge';
import { element, make, onClick, onSubmit } from './page';

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

const NOTES = {
  mine: 'Changed by you alone',
  theirs: 'Changed in the other place alone',
  both: 'Changed in both places: please choose',
};

function choice(difference: Difference, place: number): HTMLFieldSetElement {
  const { name, before, mine, theirs, changedBy } = difference;
  const note = make('p', { className: 'detail' }, `${NOTES[changedBy]}. Before: ${inWords(before)}`);
  return make(
    'fieldset',
    {},
    make('legend', {}, name),
    note,
    option(place, name, 'mine', 'Yours', mine, changedBy),
    option(place, name, 'theirs', 'The other', theirs, changedBy),
  );
}

function option(
  place: number,
  member: string,
  value: 'mine' | 'theirs',
  title: string,
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
    make('span', {}, `${title}: `),
    make('code', {}, inWords(content)),
  );
}

function inWords(value: Json | undefined): string {
  if (value === undefined) return 'not there';
  const line = JSON.stringify(value);
  return line.length > 60 ? JSON.stringify(value, undefined, 2) : line;
}
