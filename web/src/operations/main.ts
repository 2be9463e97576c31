/** Puts the parts together: whoever has a token sees what the server counts, and finds and ends sessions. */

import { element, onClick, onSubmit, reveal, write } from '../page';
import { clockTime } from '../times';
import * as charts from './charts';
import * as finder from './finder';
import * as management from './management';
import { parse } from './metrics';
import * as words from './words';

/** Seconds between two looks. */
const LOOK_EVERY = 2;

const root = document.documentElement;
const field = element('token', HTMLInputElement);
const pauseButton = element('pause', HTMLButtonElement);

/** Whoever looks now. It changes with each token, so that nobody looks on with a former one. */
let watch = Symbol('nobody');
let isPaused = false;

function begin(): void {
  for (const host of document.querySelectorAll('.host')) host.textContent = location.host;
  reveal(field, element('show-token', HTMLButtonElement));
  onSubmit(element('door-form', HTMLFormElement), enter);
  onClick(element('forget', HTMLButtonElement), async () => leave(''));
  onClick(pauseButton, async () => pauseOr(!isPaused));
  finder.start();
  // From the cache of a browser comes what was there; nothing of it should be.
  addEventListener('pagehide', () => leave(''));
  leave('');
}

async function enter(): Promise<void> {
  const token = field.value.trim();
  field.value = '';
  write('door-message', '');
  // What no header can carry is no token, and would not even be sent.
  if (!/^[!-~]+$/.test(token)) return refuse();
  const mine = Symbol('at the door');
  watch = mine;
  for (;;) {
    management.use(token, refuse);
    const answer = await management.metrics();
    if (answer.kind === 'refused' || mine !== watch) return;
    if (answer.kind !== 'unavailable') break;
    write('door-message', words.UNANSWERED);
    await management.pause(answer.retryAfter);
    // Whoever left meanwhile has left.
    if (mine !== watch) return;
  }
  management.use(token, () => leave(words.RETIRED));
  write('door-message', '');
  root.dataset.state = 'open';
  show(true);
  charts.clear();
  pauseOr(false);
  element('charts-title', HTMLElement).focus();
  watch = Symbol('somebody');
  lookAgain(watch);
}

function refuse(): void {
  leave(words.REFUSED);
}

/** Forgets the token and all that it has shown. */
function leave(why: string): void {
  watch = Symbol('nobody');
  management.forget();
  charts.clear();
  finder.clear();
  field.value = '';
  write('outage', '');
  write('door-message', why);
  root.dataset.state = 'locked';
  show(false);
  field.focus();
}

function show(isOpen: boolean): void {
  element('door', HTMLElement).hidden = isOpen;
  for (const id of ['view', 'parts', 'controls']) element(id, HTMLElement).hidden = !isOpen;
}

async function lookAgain(mine: symbol): Promise<void> {
  while (mine === watch) {
    const answer = await management.metrics();
    if (mine !== watch) return;
    const look =
      answer.kind === 'ok' ? parse(answer.value) : answer.kind === 'absent' ? parse('') : undefined;
    charts.add(performance.now() / 1000, look);
    write('outage', answer.kind === 'unavailable' ? words.UNANSWERED : '');
    if (look && !isPaused) {
      charts.showFacts(look);
      write('look', `Looked at ${clockTime(management.now())}, again every ${LOOK_EVERY} seconds`);
    }
    if (!isPaused) charts.draw();
    await management.pause(LOOK_EVERY);
  }
}

/** The charts stand still; what is counted meanwhile is drawn afterwards. */
function pauseOr(isToPause: boolean): void {
  isPaused = isToPause;
  pauseButton.ariaPressed = String(isPaused);
  if (isPaused) write('look', `Paused at ${clockTime(management.now())}`);
  else charts.draw();
}

begin();
