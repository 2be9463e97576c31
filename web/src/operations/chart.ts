/** Draws lines over time: an image for the eyes, and what it says in words beside it. */

import { make } from '../page';
import type { Counts } from './metrics';
import { lasting } from './words';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [300, 100];

/** Seconds that are shown at least, so that the first looks are no wall. */
const SHORTEST = 60;

/** What is drawn at a time; `undefined` leaves a gap. */
export interface Point {
  at: number;
  values: Counts | undefined;
}

/** One line: `mark` is its colour and its dashes. */
export interface Line {
  name: string;
  label: string;
  mark: number;
}

export interface Drawing {
  points: Point[];
  lines: Line[];
  summary: string;
  format: (value: number) => string;
  /** The least that the scale ends at. */
  least: number;
  /** What has no line, and why. */
  others: string;
}

export class Chart {
  readonly element: HTMLElement;
  readonly #plot = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
  });
  readonly #frame = make('div', { className: 'plot' });
  readonly #top = make('span', { className: 'top' });
  readonly #start = make('span', {});
  readonly #legend = make('ul', { className: 'legend' });
  readonly #others = make('p', { className: 'detail' });
  readonly #summary: HTMLElement;

  constructor(id: string, title: string, about: string) {
    const heading = make('h2', { id: `${id}-title` }, title);
    this.#summary = make('p', { id: `${id}-summary`, className: 'summary' });
    this.#plot.setAttribute('aria-labelledby', heading.id);
    this.#plot.setAttribute('aria-describedby', this.#summary.id);
    this.#frame.append(this.#top, this.#plot);
    const scale = make('p', { className: 'scale', ariaHidden: 'true' }, this.#start, make('span', {}, 'now'));
    this.element = make(
      'section',
      { id, className: 'card chart' },
      heading,
      make('p', { className: 'detail' }, about),
      this.#frame,
      scale,
      this.#legend,
      this.#others,
      this.#summary,
    );
    this.element.setAttribute('aria-labelledby', heading.id);
  }

  show({ points, lines, summary, format, least, others }: Drawing): void {
    const end = points.at(-1)?.at ?? 0;
    const shown = Math.max(SHORTEST, end - (points[0]?.at ?? end));
    const finite = points.flatMap(({ values }) => [...(values?.values() ?? [])]).filter(Number.isFinite);
    const top = niceAbove(Math.max(least, ...finite));
    const place = (point: Point, name: string) => {
      const value = point.values?.get(name);
      if (value === undefined) return undefined;
      const [x, y] = [1 - (end - point.at) / shown, 1 - Math.min(1, value / top)];
      return `${(x * WIDTH).toFixed(2)} ${(y * HEIGHT).toFixed(2)}`;
    };
    const grid = svg('path', {
      class: 'grid',
      d: `M0 ${HEIGHT / 2}H${WIDTH}M0 0H${WIDTH}M0 ${HEIGHT}H${WIDTH}`,
    });
    const paths = lines.toReversed().map(({ name, mark }) => {
      const d = course(points.map((point) => place(point, name)));
      return svg('path', { class: `line mark-${mark}`, d });
    });
    this.#plot.replaceChildren(grid, ...paths);
    this.#top.textContent = format(top);
    this.#start.textContent = `${lasting(shown)} ago`;
    const values = points.at(-1)?.values;
    this.#legend.replaceChildren(...lines.map((line) => entry(line, values?.get(line.name), format)));
    this.#others.textContent = others;
    if (this.#summary.textContent !== summary) this.#summary.textContent = summary;
    this.#frame.hidden = false;
    this.element.classList.remove('absent');
  }

  /** Says why there is nothing to draw: that is no zero. */
  showNothing(why: string): void {
    this.#plot.replaceChildren();
    this.#legend.replaceChildren();
    this.#others.textContent = '';
    this.#summary.textContent = why;
    this.#frame.hidden = true;
    this.element.classList.add('absent');
  }
}

/** A path through the places, with gaps; one that stands alone is a dot. */
function course(places: (string | undefined)[]): string {
  return places
    .map((place, index) => {
      if (place === undefined) return '';
      return places[index - 1] === undefined ? `M${place}h0` : `L${place}`;
    })
    .join('');
}

function entry({ label, mark }: Line, value: number | undefined, format: Drawing['format']): HTMLElement {
  const swatch = svg('svg', { viewBox: '0 0 28 8', class: 'swatch', 'aria-hidden': 'true' });
  swatch.append(svg('path', { class: `line mark-${mark}`, d: 'M1 4H27' }));
  const figure = make('strong', {}, value === undefined ? '–' : format(value));
  return make('li', {}, swatch, label, ' ', figure);
}

/** 1, 2 or 5 of some power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * power >= value * 0.999) ?? 10) * power;
}

function svg(tag: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
