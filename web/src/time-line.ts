/** The idle period that is running: from the last use to when it ends if there is none, with the hours of the clock beneath. */

import { element, make, write } from './page';
import { endOf, now, type View } from './session';
import { text } from './texts';
import { moment, timeOnScale } from './times';

const line = element('time-line', HTMLElement);
const scale = element('time-scale', HTMLElement);

const [MINUTE, HOUR] = [60, 3600];
/** Seconds between two marks of the scale, of which there are at most `MARKS`. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 192].map((hours) => hours * HOUR),
];
const MARKS = 4;
/** Shares of the line that a mark keeps from its ends, where other words stand, also in a narrow window. */
const [FROM_START, FROM_END] = [0.06, 0.27];

/** Seconds from use to end, as far as that has been seen. */
let period = 0;

export function show(view: View): void {
  const at = now();
  const { endsAt } = endOf(view);
  period = Math.max(period, endsAt - at);
  const start = endsAt - period;
  line.style.setProperty('--now', share((at - start) / period));
  write('time-line-end', timeOnScale(endsAt));
  const label = text('time_line', { now: moment(at, at), end: moment(endsAt, at) });
  if (line.ariaLabel !== label) line.ariaLabel = label;
  mark(start, endsAt);
}

export function clear(): void {
  period = 0;
}

function mark(start: number, endsAt: number): void {
  const drawn = `${Math.round(start)} ${endsAt}`;
  if (scale.dataset.drawn === drawn) return;
  scale.dataset.drawn = drawn;
  const marks = marksBetween(start, endsAt).map((time) => {
    const mark = make('span', {}, timeOnScale(time));
    mark.style.setProperty('--at', share((time - start) / period));
    return mark;
  });
  scale.replaceChildren(...marks);
}

/** Round times of the clock, as it goes where the visitor is. */
function marksBetween(start: number, end: number): number[] {
  const step = STEPS.find((seconds) => (end - start) / seconds <= MARKS) ?? Number.POSITIVE_INFINITY;
  const offset = new Date(end * 1000).getTimezoneOffset() * MINUTE;
  const first = Math.ceil((start - offset) / step) * step + offset;
  const marks: number[] = [];
  const [from, to] = [start + FROM_START * (end - start), end - FROM_END * (end - start)];
  for (let time = first; time <= to; time += step) if (time >= from) marks.push(time);
  return marks;
}

const share = (of: number): string => `${Math.min(1, Math.max(0, of)) * 100}%`;
