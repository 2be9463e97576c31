/** Where the session stands between its beginning and its two deadlines, every second anew. */

import * as clock from './clock';
import { element, write } from './page';
import type { SessionView } from './server';
import { countdown, moment, span } from './words';

/** Seconds. Time enough to read the warning, finish a sentence, and answer it (WCAG 2.2, 2.2.1). */
const WARN_BEFORE = 120;

const root = document.documentElement;
const line = element('time-line', HTMLElement);

export function show(view: SessionView): void {
  const now = clock.now();
  const { created_at: start, idle_expires_at: idle, absolute_expires_at: absolute } = view;
  const urgent = idle - now <= WARN_BEFORE && idle < absolute;

  write('idle-left', countdown(idle - now));
  write('absolute-left', countdown(absolute - now));
  write('idle-at', moment(idle, now));
  write('absolute-at', moment(absolute, now));
  write('scale-start', `signed in ${moment(start, now)}`);
  write('scale-end', `ends ${moment(absolute, now)}`);

  const place = (at: number) => `${Math.min(100, Math.max(0, ((at - start) / (absolute - start)) * 100))}%`;
  line.style.setProperty('--now', place(now));
  line.style.setProperty('--idle', place(idle));
  line.ariaLabel = `Time line: signed in at ${moment(start, now)}, ends without activity at ${moment(idle, now)}, ends in any case at ${moment(absolute, now)}`;

  root.toggleAttribute('data-urgent', urgent);
  write(
    'idle-warning',
    urgent ? `You will be signed out within ${span(WARN_BEFORE)}. Choose “Stay signed in” to go on.` : '',
  );
}
