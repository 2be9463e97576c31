/** Where the session stands between its beginning and its two deadlines. */

import { element, write } from './page';
import { now, type View } from './session';
import { countdown, moment } from './words';

const line = element('time-line', HTMLElement);

export function show(view: View): void {
  const at = now();
  const { idle_expires_at: idle, absolute_expires_at: absolute } = view;
  // Before the server has been heard, the last password entry is the earliest that is known.
  const start = 'created_at' in view ? view.created_at : view.authenticated_at;
  write('idle-left', countdown(idle - at));
  write('absolute-left', countdown(absolute - at));
  write('idle-at', moment(idle, at));
  write('absolute-at', moment(absolute, at));
  write('scale-start', `Signed in ${moment(start, at)}`);
  write('scale-end', `Final end ${moment(absolute, at)}`);
  write('now-label', `Now ${moment(at, at)}`);
  write('idle-label', `Idle end ${moment(idle, at)}`);
  place('--now', (at - start) / (absolute - start));
  place('--idle', (idle - start) / (absolute - start));
  const label = `Time line: signed in at ${moment(start, at)}, now ${moment(at, at)}, ends without activity at ${moment(idle, at)}, ends in any case at ${moment(absolute, at)}`;
  if (line.ariaLabel !== label) line.ariaLabel = label;
}

function place(name: string, share: number): void {
  line.style.setProperty(name, `${Math.min(1, Math.max(0, share)) * 100}%`);
}
