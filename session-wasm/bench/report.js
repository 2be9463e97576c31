import * as cookies from './contenders/cookies.js';
import { COOKIE_SIGNATURE } from './contenders/node.js';
import * as statements from './contenders/statements.js';
import { median, ratio } from './rounds.js';

const OURS = [cookies.OURS, cookies.OURS_IN_A_HEADER, cookies.OURS_AGAIN];

const micros = (ns) => `${(median(ns) / 1000).toPrecision(3)} µs`;
const millis = (ms) => `${median(ms).toFixed(1)} ms`;
const kilobytes = ({ total }) => `${(total / 1000).toFixed(1)} kB`;

/** What was to be reached (issue 3), what it is held against, and how it stands. */
export function figures({ runtimes, first, sizes, memory }) {
  const { cookies: taken, statements: stated } = runtimes['Node.js'];
  const cookie = (mine, theirs, reach) =>
    row(`${mine}: cookie, Node.js`, micros(taken[mine]), theirs, micros(taken[theirs]), reach, {
      ratio: ratio(taken[mine], taken[theirs]),
    });
  const statement = (mine, theirs, reach) =>
    row(`${mine}: statement, Node.js`, micros(stated[mine]), theirs, micros(stated[theirs]), reach, {
      ratio: ratio(stated[mine], stated[theirs]),
    });
  const begun = (mine, theirs) =>
    row(`${mine}: first verdict of a process`, millis(first[mine]), theirs, millis(first[theirs]), '≤ 4 ms', {
      ratio: ratio(first[mine], first[theirs]),
    });
  return [
    ['what', 'measured', 'held against', 'measured', 'ratio', 'reach'],
    cookie(cookies.OURS, COOKIE_SIGNATURE, '≤ 0.25'),
    cookie(cookies.OURS, 'node:crypto HMAC', ''),
    cookie(cookies.OURS, 'WebCrypto HMAC', ''),
    cookie(cookies.OURS, 'jose HS256', '≤ 0.01'),
    cookie(cookies.OURS, 'hono', '≤ 0.01'),
    cookie(cookies.OURS, 'iron-session', ''),
    cookie(cookies.OURS_IN_A_HEADER, COOKIE_SIGNATURE, '< 1'),
    cookie(cookies.OURS_AGAIN, COOKIE_SIGNATURE, '≤ 0.1'),
    statement(statements.OURS_AGAIN, statements.OURS, ''),
    statement(statements.OURS_AGAIN, 'jose EdDSA', '≤ 0.01'),
    ...Object.keys(runtimes)
      .slice(1)
      .map((name) => fastestPeer(name, runtimes[name])),
    ...Object.keys(stated)
      .filter((name) => ![statements.OURS, statements.OURS_AGAIN].includes(name))
      .map((theirs) => statement(statements.OURS, theirs, theirs === 'jose EdDSA' ? '≤ 1' : '')),
    size('cookie', 'hono getSignedCookie', sizes, '≤ 6.5 kB'),
    size('cookie, inlined', 'hono getSignedCookie', sizes, ''),
    size('statement', 'jose jwtVerify', sizes, '≤ 15 kB'),
    size('statement, inlined', 'jose jwtVerify', sizes, ''),
    begun('session-wasm/cookie', COOKIE_SIGNATURE),
    begun('session-wasm/cookie', 'jose HS256'),
    begun('session-wasm/statement', 'jose EdDSA'),
    ...memory.map(({ module, times, before, after }) =>
      row(
        `${module}: memory after ${times.toLocaleString('en')}`,
        `${after} pages`,
        'before',
        `${before} pages`,
        'no growth',
        {
          ratio: after / before,
        },
      ),
    ),
  ];
}

const row = (what, measured, against, reference, reach, { ratio }) => [
  what,
  measured,
  against,
  reference,
  ratio.toPrecision(2),
  reach,
];

function fastestPeer(runtime, { cookies: taken }) {
  const peers = Object.keys(taken).filter((name) => !OURS.includes(name));
  const [theirs] = peers.sort((a, b) => median(taken[a]) - median(taken[b]));
  const mine = taken[cookies.OURS];
  return row(`${cookies.OURS}: cookie, ${runtime}`, micros(mine), theirs, micros(taken[theirs]), '< 1', {
    ratio: ratio(mine, taken[theirs]),
  });
}

const size = (mine, theirs, sizes, reach) =>
  row(`${mine}: brotli, with its glue`, kilobytes(sizes[mine]), theirs, kilobytes(sizes[theirs]), reach, {
    ratio: sizes[mine].total / sizes[theirs].total,
  });

/** One line for each contender, one column for each runtime, in microseconds. */
export function everywhere(kind, runtimes) {
  const names = Object.keys(runtimes);
  const contenders = new Set(names.flatMap((name) => Object.keys(runtimes[name][kind])));
  const cell = (name, contender) => {
    const samples = runtimes[name][kind][contender];
    return samples ? (median(samples) / 1000).toPrecision(3) : '';
  };
  return [
    [`${kind}, µs`, ...names],
    ...[...contenders].map((contender) => [contender, ...names.map((name) => cell(name, contender))]),
  ];
}

/** In Markdown, of rows whose first is the head. */
export function table([head, ...rows]) {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
