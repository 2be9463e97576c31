/** “Session data”: an editor that never loses what somebody wrote, here or in another tab. */

import * as conflict from './conflict';
import { type Members, parse } from './json';
import { patchBetween, same } from './merge';
import { element, onClick, onSubmit, write } from './page';
import type { Document } from './server';
import * as server from './server';
import { client } from './session';
import * as views from './views';

/** Seconds between two looks for changes in another place. */
const REFRESH_EVERY = 5;

const form = element('data-form', HTMLFormElement);
const area = element('data-text', HTMLTextAreaElement);
const saveButton = element('data-save', HTMLButtonElement);

/** What the text was made from, and what a change is based on. */
interface Base {
  tag: string;
  members: Members;
  text: string;
}
let base: Base | undefined;

export function start(): void {
  onSubmit(form, save);
  onClick(element('data-discard', HTMLButtonElement), discard);
  area.addEventListener('input', judge);
  conflict.start(saveMerged, edit);
  views.on('data', { enter: refresh });
  const look = () => views.isShown('data') && document.visibilityState === 'visible' && refresh();
  setInterval(look, REFRESH_EVERY * 1000);
  document.addEventListener('visibilitychange', look);
  addEventListener('beforeunload', (event) => isDirty() && event.preventDefault());
}

const isDirty = () => base !== undefined && area.value !== base.text;

/** Forgets all of it, and says what was lost with the session. */
export function clear(): string {
  const lost = isDirty() ? 'What you had not saved of the session data is gone. ' : '';
  base = undefined;
  area.value = '';
  conflict.close();
  for (const id of ['data-problem', 'data-message', 'data-revision']) write(id, '');
  return lost;
}

/** Looks at what the server has, unless somebody is writing. */
async function refresh(): Promise<void> {
  if (isDirty() || conflict.isOpen()) return;
  const asked = base;
  const answer = await server.data();
  if (answer.kind === 'no_session') return void (await client.refresh());
  // Whoever began to write meanwhile goes on with what was there.
  if (answer.kind !== 'ok' || isDirty() || base !== asked || answer.value.tag === base?.tag) return;
  if (base) write('data-message', 'This was changed in another place, and is shown as it is now.');
  adopt(answer.value);
}

/** Takes `document` for what is there now. */
function adopt({ text, tag }: Document): void {
  const read = parse(text);
  const members = 'members' in read ? read.members : undefined;
  const shown = members ? pretty(members) : text;
  base = { tag, members: members ?? {}, text: shown };
  area.value = shown;
  // Numbers with more digits than JavaScript has would come back as others.
  area.readOnly = !members;
  saveButton.disabled = !members;
  write(
    'data-problem',
    members
      ? ''
      : 'This data holds numbers with more digits than a page can keep, so it can be read here and not changed.',
  );
  write('data-revision', `Revision ${tag.replaceAll('"', '')}`);
  area.ariaInvalid = null;
}

const pretty = (members: Members) => JSON.stringify(members, undefined, 2);

/** What the text says, telling the first fault with its line. */
function judge(): Members | undefined {
  if (!base || area.readOnly) return undefined;
  const read = parse(area.value);
  const fault = 'fault' in read ? read.fault : undefined;
  area.ariaInvalid = fault ? 'true' : null;
  write('data-problem', fault ? `Line ${fault.line}: ${fault.message}.` : '');
  write('data-message', '');
  return 'members' in read ? read.members : undefined;
}

async function save(): Promise<void> {
  const members = judge();
  if (!base) return;
  if (members) return send(base, members);
  const read = parse(area.value);
  if (!('fault' in read)) return;
  area.focus();
  area.setSelectionRange(read.fault.at, read.fault.at + 1);
}

/** Makes `members` of what `from` was, and only of that. */
async function send(from: Pick<Base, 'tag' | 'members'>, members: Members): Promise<void> {
  if (same(from.members, members)) return settle(from.tag, members, 'There was nothing to save.');
  const patch = patchBetween(from.members, members);
  const waiting = () =>
    write('data-message', 'The server does not answer; your text is still here. Trying again…');
  const question = () => server.changeData(patch ? 'PATCH' : 'PUT', from.tag, patch ?? members);
  const written = area.value;
  const answer = await server.insist(question, waiting);
  switch (answer.kind) {
    case 'ok':
      return saved(answer.value, written);
    case 'other_revision':
      return collide(from.members, members);
    case 'no_session':
      return void (await client.refresh());
    default:
      write(
        'data-message',
        `It was not saved: ${'message' in answer ? answer.message : 'the server refused it'}.`,
      );
  }
}

function saved(document: Document, written: string): void {
  const meanwhile = area.value;
  const goesOn = !conflict.isOpen() && meanwhile !== written;
  adopt(document);
  conflict.close();
  // Somebody went on writing while it was saved.
  if (goesOn) area.value = meanwhile;
  write('data-message', 'Saved.');
}

function settle(tag: string, members: Members, message: string): void {
  adopt({ tag, text: JSON.stringify(members) });
  conflict.close();
  write('data-message', message);
}

/** Somebody else was faster: shows both, and lets the person decide. */
async function collide(before: Members, mine: Members): Promise<void> {
  const waiting = () => write('data-message', 'It was changed in another place; asking what it is now…');
  const answer = await server.insist(server.data, waiting);
  if (answer.kind !== 'ok') return void (await client.refresh());
  const read = parse(answer.value.text);
  if ('fault' in read)
    return write('data-message', `It was not saved: in another place ${read.fault.message}.`);
  // An attempt whose answer was lost may have been the one that changed it.
  if (same(read.members, mine)) return settle(answer.value.tag, mine, 'Saved.');
  conflict.open({ before, mine, theirs: read.members, tag: answer.value.tag });
  write('data-message', '');
}

const saveMerged = ({ tag, theirs }: conflict.Conflict, members: Members) =>
  send({ tag, members: theirs }, members);

/** Puts what was merged into the editor, as a change of what is there now. */
function edit({ tag, theirs }: conflict.Conflict, members: Members): void {
  adopt({ tag, text: JSON.stringify(theirs) });
  area.value = pretty(members);
  conflict.close();
  area.focus();
}

async function discard(): Promise<void> {
  base = undefined;
  conflict.close();
  await refresh();
  write('data-message', 'This is what the server has.');
}
