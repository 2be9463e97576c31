import * as clock from './clock';
import * as countdown from './countdown';
import * as devices from './devices';
import { element, onClick, write } from './page';
import type { Answer, SessionView } from './server';
import * as server from './server';
import * as signIn from './sign-in';
import * as statement from './statement';
import { moment } from './words';

/** Seconds between two passive questions, while somebody may be looking. */
const POLL_EVERY = 5;
/** How many of those go by between two looks at the list of devices. */
const POLLS_PER_DEVICE_LIST = 6;

const root = document.documentElement;
let current: SessionView | undefined;
/** Goes up with every change of who is signed in: an answer to an older question is void. */
let turn = 0;

function enter(view: SessionView): void {
  turn += 1;
  show(view);
  devices.refresh('passive');
  element('session-title', HTMLElement).focus();
}

function leave(message: string): void {
  turn += 1;
  const wasSignedIn = current !== undefined;
  current = undefined;
  root.dataset.state = 'signed-out';
  root.removeAttribute('data-urgent');
  document.title = 'Sign in';
  element('sign-in', HTMLElement).hidden = false;
  element('signed-in', HTMLElement).hidden = true;
  element('who-bar', HTMLElement).hidden = true;
  for (const id of ['idle-warning', 'outage', 'done']) write(id, '');
  devices.clear();
  write('farewell', message);
  if (wasSignedIn) element('sign-in-title', HTMLElement).focus();
}

function show(view: SessionView): void {
  current = view;
  root.dataset.state = 'signed-in';
  document.title = 'Your session';
  element('sign-in', HTMLElement).hidden = true;
  element('signed-in', HTMLElement).hidden = false;
  element('who-bar', HTMLElement).hidden = false;
  write('outage', '');
  write('subject', name(view));
  write('who-bar-name', name(view));
  write('created-at', moment(view.created_at, clock.now()));
  countdown.show(view);
  statement.show(view);
}

function name({ subject, claims }: SessionView): string {
  return typeof claims.name === 'string' && claims.name !== '' ? claims.name : subject;
}

/** Takes in an answer about this session, and says whether there was one. */
function takeIn(answer: Answer<SessionView>): boolean {
  switch (answer.kind) {
    case 'ok':
      show(answer.value);
      return true;
    case 'signed_out':
      leave(farewell(answer.reason));
      return true;
    default:
      write(
        'outage',
        current
          ? 'The server does not answer. You stay signed in; trying again…'
          : 'The server does not answer. Trying again…',
      );
      return false;
  }
}

function farewell(reason: string | undefined): string {
  if (!current) return reason === 'expired' || reason === 'ended' ? 'Your last session has ended.' : '';
  const now = clock.now();
  if (now >= current.absolute_expires_at)
    return 'Your session reached its final deadline. Please sign in again.';
  if (now >= current.idle_expires_at) return 'You were signed out after a time without activity.';
  return 'Your session was ended, here or on another device.';
}

/** Asks until the server gives an answer that says something. */
async function insist(question: () => Promise<Answer<SessionView>>): Promise<void> {
  const asked = turn;
  for (;;) {
    let answer = await question();
    // Another tab may have renewed the session meanwhile: ask again, now with the new cookie.
    if (answer.kind === 'signed_out' && current) answer = await question();
    if (asked !== turn || takeIn(answer)) return;
    await server.pause('retryAfter' in answer ? answer.retryAfter : POLL_EVERY);
  }
}

async function stay(): Promise<void> {
  await insist(() => server.session('active'));
  if (current)
    write(
      'done',
      `You stay signed in until ${moment(current.idle_expires_at, clock.now())}, and longer if you come back before.`,
    );
}

async function renew(): Promise<void> {
  const before = current?.session_id;
  await insist(server.renew);
  if (current && current.session_id !== before) write('done', 'The session has a new ID and a new cookie.');
  devices.refresh('passive');
}

async function signOut(): Promise<void> {
  for (;;) {
    const answer = await server.signOut();
    if (answer.kind === 'ok' || answer.kind === 'signed_out') return leave('You are signed out.');
    write('outage', 'The server cannot confirm that you are signed out yet. Trying again…');
    await server.pause('retryAfter' in answer ? answer.retryAfter : POLL_EVERY);
  }
}

/** Learns of what other devices and tabs did, without counting as activity. */
async function keepWatch(): Promise<never> {
  for (let poll = 1; ; poll += 1) {
    await server.pause(POLL_EVERY);
    if (!current || document.visibilityState === 'hidden') continue;
    await insist(() => server.session('passive'));
    if (current && poll % POLLS_PER_DEVICE_LIST === 0) await devices.refresh('passive');
  }
}

function tick(): void {
  if (!current) return;
  countdown.show(current);
}

async function begin(): Promise<void> {
  root.dataset.state = 'asking';
  signIn.start(enter);
  devices.start();
  onClick(element('stay', HTMLButtonElement), stay);
  onClick(element('renew', HTMLButtonElement), renew);
  onClick(element('sign-out', HTMLButtonElement), signOut);
  setInterval(tick, 1000);
  document.addEventListener('visibilitychange', () => {
    if (current && document.visibilityState === 'visible') insist(() => server.session('passive'));
  });
  await insist(() => server.session('active'));
  if (current) devices.refresh('passive');
  await keepWatch();
}

begin();
