// What follows from looks at `GET /metrics`, without a server or a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const load = (name) =>
  runnerImport(fileURLToPath(new URL(`../src/operations/${name}.ts`, import.meta.url)), {
    logLevel: 'error',
  });
const { module: metrics } = await load('metrics');
const { module: history } = await load('history');
const { module: words } = await load('words');
const { gauge, increases, parse, quantile } = metrics;

const TEXT = String.raw`# HELP checks_total Checks
# TYPE checks_total counter
checks_total{outcome="live"} 12
checks_total{outcome="ended",} 3 1795430298000

up 1
odd{name="a \"b\" \\ c, d=\"e\"",other="{}"} +Inf
seconds_bucket{le="0.001"} 5
seconds_bucket{le="+Inf"} 9
not a sample
nothing NaN
`;

test('the text of Prometheus is read, labels with their escapes too', () => {
  const look = parse(TEXT);
  assert.deepEqual([...look.keys()], ['checks_total', 'up', 'odd', 'seconds_bucket']);
  assert.deepEqual(look.get('checks_total'), [
    { labels: { outcome: 'live' }, value: 12 },
    { labels: { outcome: 'ended' }, value: 3 },
  ]);
  const [odd] = look.get('odd');
  assert.deepEqual(odd, { labels: { name: 'a "b" \\ c, d="e"', other: '{}' }, value: Infinity });
  assert.equal(gauge(look, 'up'), 1);
});

const checks = (live, ended, more = '') =>
  parse(`checks_total{outcome="live"} ${live}\nchecks_total{outcome="ended"} ${ended}\n${more}`);
const grown = (before, after) => {
  const counts = increases(before, after, 'checks_total', 'outcome');
  return counts && Object.fromEntries(counts);
};

test('counters are told by how much they have grown', () => {
  assert.deepEqual(grown(checks(12, 3), checks(20, 3)), { live: 8, ended: 0 });
  const newcomer = checks(20, 3, 'checks_total{outcome="expired"} 2');
  assert.deepEqual(grown(checks(20, 3), newcomer), { live: 0, ended: 0, expired: 2 });
});

test('a counter that begins again with its server has not fallen', () => {
  assert.deepEqual(grown(checks(1000, 3), checks(7, 0)), { live: 7, ended: 0 });
});

test('series that differ in other labels are added up', () => {
  const of = (a, b) => parse(`n{le="1",operation="load"} ${a}\nn{le="1",operation="create"} ${b}`);
  assert.deepEqual([...increases(of(1, 1), of(4, 6), 'n', 'le')], [['1', 8]]);
  assert.deepEqual([...increases(of(9, 1), of(4, 6), 'n', 'le')], [['1', 9]], 'each begins again by itself');
});

test('what is not there is not 0', () => {
  assert.equal(increases(parse(''), parse('up 1'), 'checks_total', 'outcome'), undefined);
  assert.equal(gauge(parse('up 1'), 'down'), undefined);
});

test('quantiles are reckoned as Prometheus does', () => {
  const buckets = new Map([
    ['+Inf', 100],
    ['0.001', 50],
    ['0.01', 90],
    ['0.1', 99],
  ]);
  assert.equal(quantile(0.5, buckets), 0.001);
  assert.ok(Math.abs(quantile(0.7, buckets) - 0.0055) < 1e-12);
  assert.equal(quantile(0.99, buckets), 0.1);
  assert.equal(quantile(0.999, buckets), Infinity, 'beyond the last bound nothing is known');
  assert.equal(quantile(0.25, buckets), 0.0005, 'the first bucket begins at 0');
  assert.equal(quantile(0.5, new Map([['+Inf', 0]])), undefined, 'of nothing there is none');
  assert.equal(quantile(0.5, new Map()), undefined);
});

const counted = () =>
  new history.History((before, after) => increases(before, after, 'checks_total', 'outcome'));

test('a history adds up what was counted, over a gap and a restart', () => {
  const of = counted();
  of.add(0, checks(10, 0));
  assert.deepEqual([of.steps.length, of.isThere], [0, true]);
  of.add(2, checks(14, 1));
  of.add(4, undefined);
  of.add(6, undefined);
  of.add(10, checks(3, 0));
  const { counts, seconds } = of.total();
  assert.deepEqual(Object.fromEntries(counts), { live: 7, ended: 1 });
  assert.equal(seconds, 10);
  assert.deepEqual(
    of.steps.map((step) => step.counts?.get('live')),
    [4, undefined, undefined, 3],
  );
  assert.deepEqual(Object.fromEntries(of.total(4, 1).counts), { live: 3, ended: 0 });
});

test('a history forgets what is older than its window', () => {
  const of = counted();
  for (let at = 0; at <= 2 * history.WINDOW; at += 10) of.add(at, checks(at, 0));
  assert.equal(of.total().counts.get('live'), history.WINDOW + 10);
});

test('a history knows whether there is anything to count', () => {
  const of = counted();
  assert.equal(of.isThere, true, 'before a look nothing is known');
  of.add(0, parse('up 1'));
  assert.equal(of.isThere, false);
  of.add(2, checks(1, 0));
  assert.equal(of.isThere, true);
});

test('numbers are told with as many digits as they are worth', () => {
  const { amount, lasting, latency, sessions } = words;
  assert.deepEqual([0, 0.5, 1.234, 12.34, 1240.4].map(amount), ['0', '0.5', '1.23', '12.3', '1,240']);
  assert.deepEqual([0.00032, 0.25, 1, Infinity].map(latency), ['0.32 ms', '250 ms', '1 s', 'over 1 s']);
  assert.deepEqual([4.2, 119, 130, 300].map(lasting), ['4 s', '119 s', '2 min', '5 min']);
  assert.deepEqual([0, 1, 2].map(sessions), ['no sessions', '1 session', '2 sessions']);
});
