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
  say: (counts: Counts, seconds: number, label: (name: string) => string) => string;
  format: (value: number) => string;
  least: number;
}

interface Definition {
  id: string;
  title: string;
  about: string;
  metric: string;
  count: (before: Look, after: Look) => Counts | undefined;
  /** Names of lines by their mark, with the words for them where they are not plain. */
  lines: [name: string, mark: number, label?: string][];
  kind: Kind;
}

const total = (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);

const perSecond: Kind = {
  steps: 1,
  draw: (counts, seconds) => new Map([...counts].map(([name, count]) => [name, count / seconds])),
  say: (counts, seconds, label) => `${listed(counts, label)} ${words.lately(seconds)}.`,
  format: words.rate,
  least: 1,
};

const shareOfHits: Kind = {
  ...perSecond,
  say: (counts, seconds, label) => {
    const all = total(counts);
    const share = all > 0 ? ` ${Math.round((100 * (counts.get('hit') ?? 0)) / all)} % were hits.` : '';
    return perSecond.say(counts, seconds, label) + share;
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

function listed(counts: Counts, label: (name: string) => string): string {
  const some = [...counts].filter(([, count]) => count > 0);
  const parts = some.map(([name, count]) => `${count.toLocaleString('en-GB')} ${label(name)}`);
  return parts.join(', ') || 'None';
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
      ['subject', 1, 'of a subject'],
      ['guest', 4, 'of a guest'],
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
    about: 'Until the store answered or was given up, over ten seconds',
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

function drawOne({ metric, lines, kind }: Definition, chart: Chart, history: History): void {
  if (!history.isThere) chart.showNothing(words.notThere(metric));
  if (!history.isThere || history.steps.length === 0) return;
  const points = history.steps.map(({ at, counts }, index): Point => {
    const recent = history.total(index + 1, kind.steps);
    return { at, values: counts && kind.draw(recent.counts, recent.seconds) };
  });
  const { counts, seconds } = history.total();
  const label = (name: string) => lines.find(([known]) => known === name)?.[2] ?? words.plain(name);
  const summary = kind.say(counts, seconds, label);
  chart.show({ points, ...linesOf(lines, counts, kind), summary, format: kind.format, least: kind.least });
}

/** Those in which something was counted, the first always, and the names of the rest. */
function linesOf(named: Definition['lines'], counts: Counts, kind: Kind): { lines: Line[]; others: string } {
  const known = new Set(named.map(([name]) => name));
  const unknown = kind === latencies ? [] : [...counts.keys()].filter((name) => !known.has(name)).sort();
  const free = unknown.map((name, index): [string, number] => [name, ((named.length + index) % MARKS) + 1]);
  const lines = [...named, ...free].map(([name, mark, label]) => ({
    name,
    mark,
    label: label ?? words.plain(name),
  }));
  if (kind === latencies || lines.length < 3) return { lines, others: '' };
  const counted = lines.filter(({ name }, index) => index === 0 || (counts.get(name) ?? 0) > 0);
  const rest = lines.filter((line) => !counted.includes(line)).map(({ label }) => label);
  return { lines: counted, others: rest.length > 0 ? `None ${rest.join(', ')}` : '' };
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
