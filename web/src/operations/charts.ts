/** Which charts there are, and what each is made of. */

import { element, make, term } from '../page';
import { Chart, type Line, type Point } from './chart';
import { History } from './history';
import { type Counts, gauge, increases, type Look, quantile } from './metrics';
import * as words from './words';

/** A kind of chart: how counts become what is drawn and said. */
interface Kind {
  /** Over how many steps a point is reckoned. */
  steps: number;
  draw: (counts: Counts, seconds: number) => Counts;
  say: (counts: Counts, seconds: number, lines: Line[]) => string;
  format: (value: number) => string;
  least: number;
}

interface Definition {
  id: string;
  title: string;
  about: string;
  metric: string;
  count: (before: Look, after: Look) => Counts | undefined;
  /** The marks of lines, with the words for them where they are not plain. */
  lines: [name: string, mark: number, label?: string][];
  /** The words for what is counted and has no line here. */
  others?: (name: string) => string;
  kind: Kind;
}

const total = (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);

const perSecond: Kind = {
  // Few of something would be a fence otherwise.
  steps: 3,
  draw: (counts, seconds) => new Map([...counts].map(([name, count]) => [name, count / seconds])),
  say: (counts, seconds, lines) => `${listed(counts, lines)} ${words.lately(seconds)}.`,
  format: words.rate,
  least: 1,
};

const shareOfHits: Kind = {
  ...perSecond,
  say: (counts, seconds, lines) => {
    const all = total(counts);
    const share = all > 0 ? ` ${Math.round((100 * (counts.get('hit') ?? 0)) / all)} % were hits.` : '';
    return perSecond.say(counts, seconds, lines) + share;
  },
};

const HALF = '0.5';
const MOST = '0.99';

const latencies: Kind = {
  steps: 5,
  draw: (buckets) => {
    const values = [HALF, MOST].map((q) => [q, quantile(Number(q), buckets)] as const);
    return new Map(values.filter((pair): pair is [string, number] => pair[1] !== undefined));
  },
  say: (buckets, seconds) => {
    const [half, most] = [HALF, MOST].map((q) => quantile(Number(q), buckets));
    if (half === undefined || most === undefined) return `The store was not asked ${words.lately(seconds)}.`;
    const all = words.amount(buckets.get('+Inf') ?? 0);
    return `${all} answers ${words.lately(seconds)}: half within ${words.latency(half)}, 99 of 100 within ${words.latency(most)}.`;
  },
  format: words.latency,
  least: 0.001,
};

function listed(counts: Counts, lines: Line[]): string {
  const parts = lines.map(({ name, label }) => {
    const count = counts.get(name) ?? 0;
    return count > 0 ? `${count.toLocaleString('en-GB')} ${label}` : '';
  });
  return parts.filter(Boolean).join(', ') || 'None';
}

const counted = (metric: string, label: string) => (before: Look, after: Look) =>
  increases(before, after, metric, label);

const DEFINITIONS: Definition[] = [
  {
    id: 'starts',
    title: 'Sessions started',
    about: 'Each second, by password, by an application or by a back end',
    metric: 'session_starts_total',
    count: counted('session_starts_total', 'of'),
    lines: [
      ['subject', 1, 'of subjects'],
      ['guest', 4, 'of guests'],
    ],
    kind: perSecond,
  },
  {
    id: 'sign-ins',
    title: 'Names and passwords',
    about: 'Each second, to sign in or to enter the password once more',
    metric: 'session_logins_total',
    count: counted('session_logins_total', 'outcome'),
    lines: [
      ['accepted', 1],
      ['refused', 3],
      ['limited', 5],
      ['busy', 4],
      ['crowded', 6],
      ['users_unavailable', 7],
      ['store_unavailable', 2],
    ],
    kind: perSecond,
  },
  {
    id: 'checks',
    title: 'Checks by outcome',
    about: 'Each second, of sessions whose cookie is authentic',
    metric: 'session_checks_total',
    count: counted('session_checks_total', 'outcome'),
    lines: [
      ['live', 1],
      ['ended', 3],
      ['expired', 6],
      ['renewed', 4],
      ['wrong_secret', 5],
      ['unreadable', 7],
      ['unavailable', 2],
    ],
    kind: perSecond,
  },
  {
    id: 'store',
    title: 'Store latency',
    about: 'Until the store answered or was given up, over the last ten seconds',
    metric: 'session_store_seconds',
    count: counted('session_store_seconds_bucket', 'le'),
    lines: [
      [HALF, 1, 'half within'],
      [MOST, 3, '99 of 100 within'],
    ],
    kind: latencies,
  },
  {
    id: 'cache',
    title: 'Deadline cache',
    about: 'Uses of sessions each second; with a hit nothing has to be written',
    metric: 'session_deadline_cache_total',
    count: counted('session_deadline_cache_total', 'outcome'),
    lines: [
      ['hit', 1, 'hits'],
      ['miss', 3, 'misses'],
    ],
    kind: shareOfHits,
  },
  {
    id: 'keys',
    title: 'Session cookies by key ID',
    about: 'Each second; a key whose cookies come no more may be retired',
    metric: 'session_cookies_total',
    count: counted('session_cookies_total', 'key'),
    lines: [],
    others: (key) => `of ${key}`,
    kind: perSecond,
  },
];

const MARKS = 7;

let shown: { definition: Definition; chart: Chart; history: History }[] = [];

/** With nothing in them. */
export function clear(): void {
  shown = DEFINITIONS.map((definition) => {
    const chart = new Chart(definition.id, definition.title, definition.about);
    chart.showNothing('Two looks are needed.');
    return { definition, chart, history: new History(definition.count) };
  });
  element('chart-list', HTMLElement).replaceChildren(...shown.map(({ chart }) => chart.element));
  element('facts', HTMLElement).replaceChildren();
}

/** What was seen at a time; `undefined` where nobody answered. */
export function add(at: number, look: Look | undefined): void {
  for (const { history } of shown) history.add(at, look);
}

export function draw(): void {
  for (const { definition, chart, history } of shown) drawOne(definition, chart, history);
}

function drawOne(definition: Definition, chart: Chart, history: History): void {
  const { metric, kind } = definition;
  if (!history.isThere) chart.showNothing(words.notThere(metric));
  if (!history.isThere || history.steps.length === 0) return;
  const points = history.steps.map(({ at, counts }, index): Point => {
    const recent = history.total(index + 1, kind.steps);
    return { at, values: counts && kind.draw(recent.counts, recent.seconds) };
  });
  const { counts, seconds } = history.total();
  const all = linesOf(definition, counts);
  const isQuiet = ({ name }: Line) => all.length >= MANY && name !== all[0]?.name && !counts.get(name);
  const quiet = all.filter(isQuiet).map(({ label }) => label);
  chart.show({
    points,
    lines: all.filter((line) => !isQuiet(line)),
    summary: kind.say(counts, seconds, all),
    format: kind.format,
    least: kind.least,
    others: quiet.length > 0 ? `Not once: ${quiet.join(', ')}` : '',
  });
}

/** So many lines that those in which nothing happens are only named. */
const MANY = 3;

/** Those that are known, and one for each that only the server knows. */
function linesOf({ lines, kind, others = words.plain }: Definition, counts: Counts): Line[] {
  const known = lines.map(([name, mark, label]) => ({ name, mark, label: label ?? words.plain(name) }));
  if (kind === latencies) return known;
  const unknown = [...counts.keys()].filter((name) => !lines.some(([known]) => known === name)).sort();
  const added = unknown.map((name, index) => {
    return { name, mark: ((lines.length + index) % MARKS) + 1, label: others(name) };
  });
  return [...known, ...added];
}

/** Small facts of the last look. */
export function showFacts(look: Look): void {
  const number = (name: string) => gauge(look, name)?.toLocaleString('en-GB') ?? 'not there';
  const up = gauge(look, 'session_store_up');
  const store = make('span', {}, up === undefined ? 'not there' : up > 0 ? 'answers' : 'is away');
  store.classList.toggle('bad', up === 0);
  const lost = make('span', {}, number('session_log_lines_lost_total'));
  lost.classList.toggle('bad', (gauge(look, 'session_log_lines_lost_total') ?? 0) > 0);
  const version = look.get('session_build_info')?.[0]?.labels.version ?? 'not there';
  element('facts', HTMLElement).replaceChildren(
    term('Store', store),
    term('Open connections', number('session_connections')),
    term('Sign-ins that wait', number('session_hashing_waiting')),
    term('Log lines lost', lost),
    term('Version', version),
  );
}
