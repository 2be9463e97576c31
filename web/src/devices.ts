/** The sessions of this person, on this device and on others. */

import * as clock from './clock';
import { element, make, onClick, write } from './page';
import type { Answer, Device } from './server';
import * as server from './server';
import { ago, device, moment } from './words';

const list = element('device-list', HTMLUListElement);
const endOthersButton = element('end-others', HTMLButtonElement);

/** Asks the server and shows the list. */
export async function refresh(manner: 'active' | 'passive'): Promise<void> {
  const answer = await server.devices(manner);
  if (answer.kind === 'ok') show(answer.value.sessions);
}

export function start(): void {
  onClick(endOthersButton, () => carryOut(server.endOthers, 'All other devices are signed out.'));
}

export function clear(): void {
  list.replaceChildren();
  write('devices-message', '');
}

function show(devices: Device[]): void {
  const recentFirst = devices.toSorted(
    (a, b) => Number(b.current) - Number(a.current) || b.last_seen_at - a.last_seen_at,
  );
  endOthersButton.hidden = devices.length < 2;
  // A list that is rebuilt under a finger or a screen reader loses the place.
  const text = JSON.stringify(recentFirst);
  if (list.dataset.shown === text && list.childElementCount > 0) return;
  list.dataset.shown = text;
  list.replaceChildren(...recentFirst.map(row));
}

function row({ session_id, current, created_at, last_seen_at, client }: Device): HTMLLIElement {
  const now = clock.now();
  const name = device(client.user_agent ?? '');
  const heading = make('h3', {}, name);
  const seen = current ? 'in use now' : `last seen ${ago(last_seen_at, now)}`;
  const facts = [client.ip, seen, `signed in ${moment(created_at, now)}`].filter(Boolean).join(' · ');
  const about = make('div', {}, heading, make('p', { className: 'detail' }, facts));
  if (current) {
    heading.append(make('span', { className: 'badge' }, 'this device'));
    return make('li', {}, about);
  }
  const button = make(
    'button',
    { type: 'button', className: 'quiet', ariaLabel: `Sign out ${name}` },
    'Sign out',
  );
  onClick(button, () => carryOut(() => server.end(session_id), `${name} is signed out.`));
  return make('li', {}, about, button);
}

async function carryOut(work: () => Promise<Answer<undefined>>, done: string): Promise<void> {
  let answer = await work();
  while (answer.kind === 'unavailable') {
    write('devices-message', 'The server cannot confirm it yet; trying again…');
    await server.pause(answer.retryAfter);
    answer = await work();
  }
  await refresh('passive');
  // The button that was pressed is gone with its row.
  element('devices-title', HTMLElement).focus();
  const ended = answer.kind === 'ok' || answer.kind === 'absent';
  write('devices-message', ended ? done : 'That did not work. Please reload the page.');
}
