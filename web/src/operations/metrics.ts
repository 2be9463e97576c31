/** What `GET /metrics` tells, and what follows from two looks at it. Pure: no page, no clock. */

export interface Series {
  labels: Record<string, string>;
  value: number;
}

/** All series of one look, by the name of their metric. */
export type Look = ReadonlyMap<string, readonly Series[]>;

/** By the value of a label. */
export type Counts = ReadonlyMap<string, number>;

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPED: Record<string, string> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

/** Reads the text format of Prometheus, version 0.0.4. What is no sample is passed over. */
export function parse(text: string): Look {
  const look = new Map<string, Series[]>();
  for (const line of text.split('\n')) {
    const [, name, labels, number] = LINE.exec(line.trim()) ?? [];
    const value = numberOf(number ?? '');
    if (!name || value === undefined) continue;
    const series = look.get(name) ?? [];
    series.push({ labels: labelsOf(labels ?? ''), value });
    look.set(name, series);
  }
  return look;
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, unescaped(value)]);
  return Object.fromEntries(pairs);
}

const unescaped = (text: string) => text.replace(/\\[n"\\]/g, (pair) => ESCAPED[pair] ?? pair);

function numberOf(text: string): number | undefined {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text || Number.NaN);
  return Number.isNaN(value) ? undefined : value;
}

/** The value of a gauge, added up over its series; `undefined` where it is not there. */
export function gauge(look: Look, name: string): number | undefined {
  return look.get(name)?.reduce((sum, { value }) => sum + value, 0);
}

/**
 * By how much the counters of a metric have grown from one look to the next, added up by the value of a label;
 * `undefined` where the metric is not there. A counter that has fallen began again at 0 with its server, as one
 * does that is new.
 */
export function increases(before: Look, after: Look, name: string, label: string): Counts | undefined {
  const series = after.get(name);
  if (!series) return undefined;
  const earlier = new Map(before.get(name)?.map((each) => [identity(each), each.value]));
  const counts = new Map<string, number>();
  for (const each of series) {
    const former = earlier.get(identity(each)) ?? 0;
    const grown = each.value >= former ? each.value - former : each.value;
    const key = each.labels[label] ?? '';
    counts.set(key, (counts.get(key) ?? 0) + grown);
  }
  return counts;
}

const identity = ({ labels }: Series) => JSON.stringify(Object.entries(labels).sort());

/**
 * The value that a share `q` of all observations is at most, from how many there were up to each bound: linear
 * within a bucket, as Prometheus reckons it. `Infinity` where it lies beyond the last bound; `undefined` where nothing
 * was observed.
 */
export function quantile(q: number, buckets: Counts): number | undefined {
  const bounds = [...buckets].map(([bound, count]) => ({ bound: numberOf(bound) ?? Infinity, count }));
  bounds.sort((a, b) => a.bound - b.bound);
  const all = bounds.at(-1)?.count ?? 0;
  if (all <= 0) return undefined;
  const rank = q * all;
  let [lower, below] = [0, 0];
  for (const { bound, count } of bounds) {
    if (count >= rank) {
      const share = count > below ? (rank - below) / (count - below) : 1;
      return bound === Infinity ? Infinity : lower + (bound - lower) * share;
    }
    [lower, below] = [bound, count];
  }
  return undefined;
}
