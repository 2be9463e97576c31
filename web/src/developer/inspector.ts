/** “Inspector”: shows what a pasted cookie or statement says. Nothing that is pasted leaves the page. */

import { copyable } from '../copy';
import { element, make, term, write } from '../page';
import * as server from '../server';
import { now } from '../session';
import { text } from '../texts';
import * as views from '../views';
import { draw } from './checks';
import { type Field, type Finding, inspect } from './inspect';

const area = element('inspector-text', HTMLTextAreaElement);
const findings = element('findings', HTMLElement);
const clearButton = element('inspector-clear', HTMLButtonElement);

type Package = typeof import('session-wasm/statement');
type Verifier = InstanceType<Package['StatementVerifier']>;
let module: Package | undefined;
let verifier: Verifier | undefined;

export function start(): void {
  area.addEventListener('input', show);
  clearButton.addEventListener('click', () => {
    clear();
    area.focus();
  });
  views.on('inspector', { enter, leave: clear });
  show();
}

function clear(): void {
  area.value = '';
  show();
}

/**
 * Fetches the module, the public keys and the revocations, which nobody can tell from any other visit: what
 * is pasted later is looked at with what is here then, and makes no request.
 */
async function enter(): Promise<void> {
  try {
    module ??= await import('session-wasm/statement');
  } catch {
    return write('inspector-message', text('inspector_no_module'));
  }
  show();
  const [keys, feed] = await Promise.all([
    server.publicDocument('/.well-known/jwks.json'),
    server.publicDocument('/.well-known/session-revocations'),
  ]);
  if (keys.kind === 'ok') {
    verifier = new module.StatementVerifier({ issuer: location.origin, jwks: keys.value });
  }
  if (feed.kind === 'ok') verifier?.useRevocations(feed.value, Math.floor(now()));
  const missing = verifier ? '' : text('inspector_no_keys');
  write('inspector-message', missing);
  show();
}

function show(): void {
  clearButton.disabled = area.value === '';
  if (!module) return;
  const pasted = area.value.trim();
  const found = pasted ? inspect(pasted, module, verifier, Math.floor(now())) : [];
  findings.replaceChildren(...found.map(card));
}

function card({ title, seal: [state, words], notes, lines, fields }: Finding): HTMLElement {
  const seal = make('p', { className: 'seal' }, words);
  seal.dataset.state = state;
  const checks = make('ul', { className: 'checks' });
  draw(checks, lines);
  return make(
    'section',
    { className: 'finding' },
    make('h2', {}, title),
    seal,
    ...notes.map((note) => make('p', {}, note)),
    ...(lines.length > 0 ? [checks] : []),
    make('dl', {}, ...fields.map(line)),
  );
}

const line = ({ name, value, isId = false }: Field) => term(name, isId ? copyable(value) : value);
