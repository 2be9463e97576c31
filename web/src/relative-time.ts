/** A time as people say it, “5 minutes ago”, with the exact one on hover and on focus. */

import { make } from './page';
import { now } from './session';
import { text } from './texts';
import { ago, exact } from './times';

/** Seconds between two looks at the clock. */
const TICK = 10;

/** Each has an explanation of its own, which is found by its ID. */
let made = 0;

/** Keeps all of them true as time goes by. */
export function start(): void {
  setInterval(() => {
    for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-at]')) say(time);
  }, TICK * 1000);
  // Whatever is in the way can be sent away without moving.
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    for (const shown of document.querySelectorAll<HTMLElement>('.when:is(:hover, :focus-within)'))
      shown.dataset.dismissed = '';
  });
}

export function relativeTime(at: number): HTMLElement {
  made += 1;
  const tip = make('span', { className: 'tip', id: `tip-${made}`, role: 'tooltip' });
  const time = make('time', { tabIndex: 0 });
  time.setAttribute('aria-describedby', tip.id);
  const whole = make('span', { className: 'when' }, time, tip);
  for (const away of ['mouseleave', 'focusout'])
    whole.addEventListener(away, () => delete whole.dataset.dismissed);
  setTime(whole, at);
  return whole;
}

/** Lets one that is there tell another time. */
export function setTime(whole: HTMLElement, at: number): void {
  const [time, tip] = whole.children;
  if (!(time instanceof HTMLTimeElement) || !tip) return;
  time.dataset.at = String(at);
  time.dateTime = new Date(at * 1000).toISOString();
  tip.textContent = exact(at);
  say(time);
}

/** Shows the time `at` in the element with this ID; 0 stands for one that nobody knows. */
export function writeTime(id: string, at: number): void {
  const place = document.getElementById(id);
  if (at === 0) {
    place?.replaceChildren(text('time_not_known'));
    return;
  }
  const shown = place?.firstElementChild;
  if (shown instanceof HTMLElement) setTime(shown, at);
  else place?.replaceChildren(relativeTime(at));
}

function say(time: HTMLTimeElement): void {
  const words = ago(Number(time.dataset.at), now(), text('just_now'));
  if (time.textContent !== words) time.textContent = words;
}
