/** The sessions of this person, on this device and on others. */

import { element, make, onClick, write } from './page';
import { withPassword } from './password-dialog';
import type { Answer, Device } from './server';
import * as server from './server';
import { client, now } from './session';
import * as views from './views';
import { ago, device, moment } from './words';

/** Seconds between two looks, while somebody may be looking. */
const REFRESH_EVERY = 30;

const list = element('device-list', HTMLUListElement);
const endOthersButton = element('end-others', HTMLButtonElement);
const endAllButton = element('end-all', HTMLButtonElement);

export function start(): void {
  onClick(endOthersButton, () => carryOut(server.endOthers, 'All other devices are signed out.'));
  onClick(endAllButton, () => carryOut(server.endAll, 'You are signed out everywhere.', true));
  views.on('devices', { enter: refresh, leave: () => write('devices-message', '') });
  setInterval(() => isLookedAt() && refresh(), REFRESH_EVERY * 1000);
  document.addEventListener('visibilitychange', () => isLookedAt() && refresh());
}

const isLookedAt = () => views.isShown('devices') && document.visibilityState === 'visible';

export function clear(): void {
  list.replaceChildren();
  delete list.dataset.shown;
  write('devices-message', '');
}

/** Asks the server and shows the list. */
async function refresh(): Promise<void> {
  const answer = await server.devices();
  if (answer.kind === 'ok') show(answer.value.sessions);
  else if (answer.kind === 'no_session') await client.refresh();
}

function show(devices: Device[]): void {
  const recentFirst = devices.toSorted(
    (a, b) => Number(b.current) - Number(a.current) || b.last_seen_at - a.last_seen_at,
  );
  endOthersButton.hidden = devices.length < 2;
  // A list that is rebuilt under a finger or a screen reader loses the place.
  const text = JSON.stringify(recentFirst);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(...recentFirst.map(row));
}

function row({
  session_id,
  current,
  created_at,
  last_seen_at,
  client: { ip, user_agent },
}: Device): HTMLLIElement {
  const name = device(user_agent ?? '');
  const heading = make('h2', {}, name);
  const seen = current ? 'in use now' : `last seen ${ago(last_seen_at, now())}`;
  const facts = [ip, seen, `signed in ${moment(created_at, now())}`].filter(Boolean).join(' · ');
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

async function carryOut(
  work: () => Promise<Answer<undefined>>,
  done: string,
  endsThis = false,
): Promise<void> {
  const waiting = () => write('devices-message', 'The server cannot confirm it yet; trying again…');
  const answer = await withPassword(() => server.insist(work, waiting));
  if (!answer) return write('devices-message', 'Nothing was changed.');
  const ended = answer.kind === 'ok' || answer.kind === 'absent';
  if (answer.kind === 'no_session') return void (await client.refresh());
  if (ended && endsThis) return client.signedOut();
  await refresh();
  // The button that was pressed is gone with its row.
  element('devices-title', HTMLElement).focus();
  write('devices-message', ended ? done : 'That did not work. Please reload the page.');
}
