/** “Devices”: where one is signed in, and signing out there. */

import { confirmed } from './confirm-dialog';
import { DeviceCard } from './device-card';
import { element, onClick, write } from './page';
import { withPassword } from './password-dialog';
import type { Answer } from './server';
import * as server from './server';
import { client } from './session';
import * as signIns from './sign-ins';
import { counted, text } from './texts';
import * as unsaved from './unsaved';
import * as views from './views';

const list = element('device-list', HTMLUListElement);
const endOthersButton = element('end-others', HTMLButtonElement);
const endAllButton = element('end-all', HTMLButtonElement);
const cards = new Map<string, DeviceCard>();

export function start(): void {
  onClick(endOthersButton, endOthers);
  onClick(endAllButton, endAll);
  signIns.onEach(show);
  views.on('devices', { enter: look, leave: () => write('devices-message', '') });
}

/** What stands in the place of a list that is not there yet. */
const INSTEAD = ['loading', 'devices_away'] as const;

async function look(): Promise<void> {
  if (cards.size === 0) write('devices-message', text('loading'));
  if (!(await signIns.refresh()) && cards.size === 0) write('devices-message', text('devices_away'));
}

/** Touches only what is another than before: under a finger or a screen reader nothing loses its place. */
function show(shown: signIns.SignIn[] = []): void {
  const ids = shown.map(({ session_id }) => session_id);
  for (const [id, { item }] of cards) {
    if (ids.includes(id)) continue;
    item.remove();
    cards.delete(id);
  }
  shown.forEach((signIn, place) => {
    const { session_id: id } = signIn;
    const card = cards.get(id) ?? new DeviceCard(signIn, endOne);
    cards.set(id, card);
    card.show(signIn);
    if (list.children[place] !== card.item) list.insertBefore(card.item, list.children[place] ?? null);
  });
  endOthersButton.disabled = shown.length < 2;
  endAllButton.disabled = shown.length === 0;
  const message = element('devices-message', HTMLElement).textContent;
  if (shown.length === 0 || INSTEAD.some((key) => text(key) === message)) write('devices-message', '');
}

async function endOne({ session_id }: signIns.SignIn, device: string): Promise<void> {
  const title = text('end_one_title', { device });
  if (!(await confirmed(title, text('end_one_text'), text('sign_out')))) return;
  await carryOut(() => server.end(session_id), text('device_ended', { device }));
}

async function endOthers(): Promise<void> {
  // As many as there are now.
  await signIns.refresh();
  const count = cards.size - 1;
  if (count < 1) return;
  const title = counted('end_others_title', count);
  const yes = counted('end_devices', count);
  if (!(await confirmed(title, text('end_others_text'), yes))) return;
  await carryOut(server.endOthers, text('others_ended'));
}

async function endAll(): Promise<void> {
  await signIns.refresh();
  const title = counted('end_all_title', cards.size);
  const words = [text('end_all_text'), unsaved.warning()].filter(Boolean).join(' ');
  if (!(await confirmed(title, words, counted('end_devices', cards.size)))) return;
  await carryOut(server.endAll, '', true);
}

async function carryOut(
  work: () => Promise<Answer<undefined>>,
  done: string,
  endsThis = false,
): Promise<void> {
  const waiting = () => write('devices-message', text('devices_waiting'));
  const answer = await withPassword(() => server.insist(work, waiting));
  if (!answer) return write('devices-message', text('nothing_changed'));
  const ended = answer.kind === 'ok' || answer.kind === 'absent';
  if (answer.kind === 'no_session') return void (await client.refresh());
  if (ended && endsThis) return client.signedOut();
  await signIns.refresh();
  // The button that was pressed is gone with its row.
  element('devices-title', HTMLElement).focus();
  write('devices-message', ended ? done : text('failed'));
}
