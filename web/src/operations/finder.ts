/** Finds the sessions of a subject, or one by its ID, and ends them. */

import { element, make, onClick, onSubmit, term, write } from '../page';
import { ago, moment } from '../times';
import { confirmed, dismiss } from './confirm';
import type { Answer, Listed, Shown, Word } from './management';
import * as management from './management';
import { now } from './management';
import * as words from './words';

const found = element('found', HTMLElement);
const shown = element('shown', HTMLElement);
const list = element('session-list', HTMLUListElement);
const more = element('more', HTMLButtonElement);
const endAll = element('end-all', HTMLButtonElement);
const subjectField = element('subject', HTMLInputElement);
const idField = element('session-id', HTMLInputElement);

/** Whose sessions are listed, as far as they were read. */
let listed: { subject: string; sessions: Listed[]; cursor: string | undefined } | undefined;
let one: Shown | undefined;

/** Changes with each question, so that the answer to an older one is not shown. */
let question = 0;

export function start(): void {
  onSubmit(element('subject-form', HTMLFormElement), () => find(subjectField.value));
  onSubmit(element('session-form', HTMLFormElement), () => show(idField.value.trim()));
  onClick(more, readOn);
  onClick(endAll, endEverySession);
  onClick(element('end-shown', HTMLButtonElement), async () => one && endOne(one, nameOf(one.subject)));
  onClick(element('show-data', HTMLButtonElement), async () => one && show(one.session_id, true));
  onClick(element('all-of-subject', HTMLButtonElement), async () => {
    if (one?.subject) await find(one.subject);
  });
}

/** Nothing of it stays in sight once nobody may see it. */
export function clear(): void {
  question += 1;
  listed = undefined;
  dismiss();
  subjectField.value = '';
  idField.value = '';
  list.replaceChildren();
  clearOne();
  for (const id of ['found-title', 'sessions-message']) write(id, '');
  found.hidden = true;
}

function clearOne(): void {
  one = undefined;
  shown.hidden = true;
  element('shown-facts', HTMLElement).replaceChildren();
  element('shown-data', HTMLTextAreaElement).value = '';
}

const nameOf = (subject: string | null) => subject ?? 'a guest';

/** Asks until somebody answers, unless something else is asked for meanwhile. */
async function insist<T>(work: () => Promise<Answer<T>>, waiting = ''): Promise<Word<T> | undefined> {
  question += 1;
  const asked = question;
  for (;;) {
    const answer = await work();
    if (asked !== question || answer.kind === 'refused') return undefined;
    if (answer.kind !== 'unavailable') return answer;
    tell((answer.isStore ? words.STORE_AWAY : words.UNANSWERED) + waiting, 'warning');
    await management.pause(answer.retryAfter);
    if (asked !== question) return undefined;
  }
}

function tell(text: string, kind = ''): void {
  element('sessions-message', HTMLElement).className = `notice ${kind}`;
  write('sessions-message', text);
}

async function find(subject: string, done = ''): Promise<void> {
  const answer = await insist(() => management.list(subject));
  if (!answer) return;
  if (answer.kind === 'failed') return tell(`The server refused the request: ${answer.message}.`, 'danger');
  if (answer.kind === 'absent') return tell('This can be no subject: there is none of that form.', 'warning');
  const { sessions, next_cursor: cursor } = answer.value;
  listed = { subject, sessions, cursor };
  subjectField.value = subject;
  drawList();
  tell(done || (sessions.length === 0 ? `${subject} has no sessions, or nobody has this name.` : ''));
  if (sessions.length > 0 || done) element('found-title', HTMLElement).focus();
}

async function readOn(): Promise<void> {
  const { subject, cursor } = listed ?? {};
  if (!subject || !cursor) return;
  const answer = await insist(() => management.list(subject, cursor));
  if (answer?.kind !== 'ok' || !listed) return;
  const first = answer.value.sessions[0]?.session_id;
  listed.sessions.push(...answer.value.sessions);
  listed.cursor = answer.value.next_cursor;
  tell('');
  drawList();
  // The button that was pressed may be gone, and the reader goes on where the new ones begin.
  list.querySelector<HTMLElement>(`[data-id="${CSS.escape(first ?? '')}"] button`)?.focus();
}

function drawList(): void {
  if (!listed) return;
  const { subject, sessions, cursor } = listed;
  write('found-title', `${words.sessions(sessions.length)} of ${subject}${cursor ? ', and more' : ''}`);
  list.replaceChildren(...sessions.map((session) => row(session, subject)));
  more.hidden = cursor === undefined;
  endAll.hidden = sessions.length === 0;
  clearOne();
  found.hidden = false;
}

function row(session: Listed, subject: string): HTMLLIElement {
  const name = deviceOf(session);
  const button = make(
    'button',
    { type: 'button', className: 'quiet', ariaLabel: `End the session of ${name}, ${session.session_id}` },
    'End',
  );
  onClick(button, () => endOne(session, subject));
  const about = make(
    'div',
    {},
    make('h3', {}, name),
    make('p', { className: 'detail' }, facts(session)),
    make('p', { className: 'detail' }, deadlines(session)),
    make('p', { className: 'detail' }, make('code', {}, session.session_id)),
  );
  const made = make('li', {}, about, button);
  made.dataset.id = session.session_id;
  return made;
}

const deviceOf = ({ client }: Listed) => words.device(client.user_agent ?? '');

const facts = ({ client, created_at, last_seen_at }: Listed) =>
  [client.ip, `started ${moment(created_at, now())}`, `last seen ${ago(last_seen_at, now(), 'just now')}`]
    .filter(Boolean)
    .join(' · ');

const deadlines = ({ idle_expires_at: idle, absolute_expires_at: absolute }: Listed) =>
  `ends ${moment(Math.min(idle, absolute), now())} if it is not used, ${moment(absolute, now())} in any case`;

const CONSEQUENCE = 'Whoever uses it has to sign in again.';
const CONSEQUENCES =
  'On every server, also sessions that are being started at this moment. Whoever uses them has to sign in again.';
const CONFIRMING = ' What was asked for is not confirmed yet.';

/** Also when the view was left with the question open: then there is nobody to tell. */
function decline(): void {
  if (listed || one) tell('Nothing was changed.');
}

async function endOne(session: Listed, subject: string): Promise<void> {
  const name = deviceOf(session);
  const sure = await confirmed(
    `End this session of ${subject}?`,
    `${name} · ${facts(session)}. ${CONSEQUENCE}`,
    'End this session',
  );
  if (!sure) return decline();
  const answer = await insist(() => management.end(session.session_id), CONFIRMING);
  if (!answer) return;
  if (answer.kind === 'failed') return tell(`The server did not do it: ${answer.message}.`, 'danger');
  // Of a question that was asked again, the first may have been heard.
  const done =
    answer.kind === 'ok'
      ? `The session of ${subject} has ended: ${name}.`
      : `There is no such session of ${subject}, or no longer.`;
  if (listed?.subject === subject) return find(subject, done);
  clearOne();
  tell(done);
}

/** How many there are is said before, so all pages are read. */
async function endEverySession(): Promise<void> {
  const { subject } = listed ?? {};
  if (!subject) return;
  const answer = await insist(() => countAll(subject));
  if (answer?.kind !== 'ok') return;
  const count = answer.value;
  if (count === 0) return find(subject);
  const what = count === 1 ? 'the one session' : `all ${words.sessions(count)}`;
  const sure = await confirmed(`End ${what} of ${subject}?`, CONSEQUENCES, `End ${words.sessions(count)}`);
  if (!sure) return decline();
  const ended = await insist(() => management.endAll(subject), CONFIRMING);
  if (!ended) return;
  if (ended.kind !== 'ok') {
    const why = ended.kind === 'failed' ? ended.message : 'there is none of that form';
    return tell(`The server did not do it: ${why}.`, 'danger');
  }
  const { revoked } = ended.value;
  await find(subject, `${words.sessions(revoked)} of ${subject} ${revoked === 1 ? 'has' : 'have'} ended.`);
}

async function countAll(subject: string): Promise<Answer<number>> {
  let [count, cursor]: [number, string | undefined] = [0, undefined];
  do {
    const answer: Answer<management.Page> = await management.list(subject, cursor);
    if (answer.kind !== 'ok') return answer;
    count += answer.value.sessions.length;
    cursor = answer.value.next_cursor;
  } while (cursor !== undefined);
  return { kind: 'ok', value: count };
}

async function show(id: string, withData = false): Promise<void> {
  const answer = await insist(() => management.show(id, withData));
  if (!answer) return;
  if (answer.kind === 'failed') return tell(`The server refused the request: ${answer.message}.`, 'danger');
  found.hidden = true;
  listed = undefined;
  if (answer.kind === 'absent') {
    clearOne();
    return tell('There is no session of this ID, or no longer.', 'warning');
  }
  one = answer.value;
  tell('');
  drawOne(one);
  element('shown-title', HTMLElement).focus();
}

function drawOne(session: Shown): void {
  const at = (time: number) => moment(time, now());
  const claims = Object.keys(session.claims).length > 0 ? JSON.stringify(session.claims) : 'none';
  element('shown-facts', HTMLElement).replaceChildren(
    term('Subject', session.subject ?? 'a guest, who has not signed in'),
    term('Device', deviceOf(session)),
    term('Address', session.client.ip ?? 'not known'),
    term('Session ID', make('code', {}, session.session_id)),
    term('Started', at(session.created_at)),
    // Nobody knows of a session that another library began.
    term(
      'Password last entered',
      session.authenticated_at === 0 ? 'not known' : at(session.authenticated_at),
    ),
    term('Last seen', ago(session.last_seen_at, now(), 'just now')),
    term('Ends if it is not used', at(Math.min(session.idle_expires_at, session.absolute_expires_at))),
    term('Ends in any case', at(session.absolute_expires_at)),
    term('Claims', make('code', {}, claims)),
  );
  const data = element('shown-data', HTMLTextAreaElement);
  data.hidden = session.data === undefined;
  data.value = session.data === undefined ? '' : JSON.stringify(session.data, null, 2);
  element('show-data', HTMLButtonElement).hidden = session.data !== undefined;
  element('all-of-subject', HTMLButtonElement).hidden = session.subject === null;
  shown.hidden = false;
}
