/** “Data”: an editor that never loses what somebody wrote, here or in another tab. */

import { element, onClick, onSubmit, write } from '../page';
import type { Document } from '../server';
import * as server from '../server';
import { client } from '../session';
import { text as words } from '../texts';
import * as unsaved from '../unsaved';
import * as views from '../views';
import * as conflict from './conflict';
import { type Members, parse } from './json';
import { patchBetween, same } from './merge';

/** Seconds between two looks for changes in another place. */
const REFRESH_EVERY = 5;

const form = element('data-form', HTMLFormElement);
const area = element('data-text', HTMLTextAreaElement);
const saveButton = element('data-save', HTMLButtonElement);
const discardButton = element('data-discard', HTMLButtonElement);

/** What the text was made from, and what a change is based on. */
interface Base {
  tag: string;
  members: Members;
  text: string;
}
let base: Base | undefined;

export function start(): void {
  onSubmit(form, save);
  onClick(discardButton, discard);
  area.addEventListener('input', judge);
  conflict.start(saveMerged, edit);
  views.on('data', { enter: refresh });
  const look = () => views.isShown('data') && document.visibilityState === 'visible' && refresh();
  setInterval(look, REFRESH_EVERY * 1000);
  document.addEventListener('visibilitychange', look);
  unsaved.heed(() => isDirty() || conflict.isOpen());
  showWhatCanBeDone();
}

const isDirty = () => base !== undefined && area.value !== base.text;

/** A button that would do nothing cannot be pressed. */
function showWhatCanBeDone(): void {
  saveButton.disabled = discardButton.disabled = !isDirty();
}

/** Forgets all of it, and says what was lost with the session. */
export function clear(): string {
  const lost = isDirty() || conflict.isOpen() ? words('data_lost') : '';
  base = undefined;
  area.value = '';
  conflict.close();
  for (const id of ['data-problem', 'data-message', 'data-revision']) write(id, '');
  showWhatCanBeDone();
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
  if (base) write('data-message', words('data_changed_elsewhere'));
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
  write('data-problem', members ? '' : words('data_read_only'));
  write('data-revision', words('data_revision', { revision: tag.replaceAll('"', '') }));
  area.ariaInvalid = null;
  showWhatCanBeDone();
}

const pretty = (members: Members) => JSON.stringify(members, undefined, 2);

/** What the text says, telling the first fault with its line. */
function judge(): Members | undefined {
  if (!base || area.readOnly) return undefined;
  const read = parse(area.value);
  const fault = 'fault' in read ? read.fault : undefined;
  area.ariaInvalid = fault ? 'true' : null;
  write('data-problem', fault ? words('data_fault', { line: String(fault.line), fault: fault.message }) : '');
  write('data-message', '');
  showWhatCanBeDone();
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
  if (same(from.members, members)) return settle(from.tag, members, words('data_same'));
  const patch = patchBetween(from.members, members);
  const waiting = () => write('data-message', words('data_waiting'));
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
        words('data_not_saved', { reason: 'message' in answer ? answer.message : answer.kind }),
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
  showWhatCanBeDone();
  write('data-message', words('data_saved'));
}

function settle(tag: string, members: Members, message: string): void {
  adopt({ tag, text: JSON.stringify(members) });
  conflict.close();
  write('data-message', message);
}

/** Somebody else was faster: shows both, and lets the person decide. */
async function collide(before: Members, mine: Members): Promise<void> {
  const waiting = () => write('data-message', words('data_waiting'));
  const answer = await server.insist(server.data, waiting);
  if (answer.kind !== 'ok') return void (await client.refresh());
  const read = parse(answer.value.text);
  if ('fault' in read) return write('data-message', words('data_not_saved', { reason: read.fault.message }));
  // An attempt whose answer was lost may have been the one that changed it.
  if (same(read.members, mine)) return settle(answer.value.tag, mine, words('data_saved'));
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
  showWhatCanBeDone();
  area.focus();
}

async function discard(): Promise<void> {
  base = undefined;
  conflict.close();
  await refresh();
  write('data-message', words('data_discarded'));
}
