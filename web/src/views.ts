/** The views of the page: one is shown at a time, and the address says which. */

import { element } from './page';

export type ViewName = 'sign-in' | 'session' | 'devices' | 'data' | 'inspector';

export interface Hooks {
  enter?: () => void;
  leave?: () => void;
}

const FOR_EVERYBODY: ViewName = 'inspector';
const SIGNED_IN: ViewName[] = ['session', 'devices', 'data', FOR_EVERYBODY];
const SIGNED_OUT: ViewName[] = ['sign-in', FOR_EVERYBODY];

const hooks = new Map<ViewName, Hooks>();
let shown: ViewName | undefined;
let allowed = SIGNED_OUT;

/** What a view does when it comes into sight, and when it goes. */
export function on(name: ViewName, its: Hooks): void {
  hooks.set(name, its);
}

export const isShown = (name: ViewName): boolean => shown === name;

/** Shows what the address names, if that is for whoever is here. */
export function show(isSignedIn: boolean): void {
  const hasEnded = !isSignedIn && allowed === SIGNED_IN;
  allowed = isSignedIn ? SIGNED_IN : SIGNED_OUT;
  // That a session has ended is said where one signs in, and nothing of it stays in sight.
  if (hasEnded && location.hash === `#${FOR_EVERYBODY}`) history.replaceState(null, '', '#sign-in');
  const named = allowed.find((name) => location.hash === `#${name}`);
  change(named ?? (allowed[0] as ViewName));
}

export function follow(): void {
  addEventListener('hashchange', () => show(allowed === SIGNED_IN));
  // From the cache of a browser comes what was there; nothing of what was pasted should be.
  addEventListener('pagehide', () => shown && hooks.get(shown)?.leave?.());
}

function change(name: ViewName): void {
  markLinks(name);
  if (name === shown) return;
  const former = shown;
  if (former) hooks.get(former)?.leave?.();
  shown = name;
  for (const each of new Set([...SIGNED_IN, ...SIGNED_OUT]))
    element(each, HTMLElement).hidden = each !== name;
  const title = element(`${name}-title`, HTMLElement);
  document.title = `${title.textContent} – Session`;
  // Whoever has just opened the page starts at its top.
  if (former) title.focus();
  hooks.get(name)?.enter?.();
}

function markLinks(name: ViewName): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    const target = link.hash.slice(1) as ViewName;
    link.hidden = !allowed.includes(target);
    link.ariaCurrent = target === name ? 'page' : null;
  }
}
