/** The views of the page: one is shown at a time, and the address says which. */

import { element } from './page';
import { settings } from './settings';
import { type Key, text } from './texts';

const DEVELOPER = ['statement', 'data', 'inspector'] as const;
const FOR_EVERYBODY = 'inspector';

export type ViewName = 'sign-in' | 'account' | 'devices' | 'security' | (typeof DEVELOPER)[number];

export interface Hooks {
  enter?: () => void;
  leave?: () => void;
}

const TITLES: Record<ViewName, Key> = {
  'sign-in': 'sign_in',
  account: 'nav_account',
  devices: 'nav_devices',
  security: 'nav_security',
  statement: 'nav_statement',
  data: 'nav_data',
  inspector: 'nav_inspector',
};

const SIGNED_IN: ViewName[] = ['account', 'devices', 'security', ...(settings.developer ? DEVELOPER : [])];
const SIGNED_OUT: ViewName[] = ['sign-in', ...(settings.developer ? [FOR_EVERYBODY as ViewName] : [])];

const hooks = new Map<ViewName, Hooks>();
let shown: ViewName | undefined;
let allowed = SIGNED_OUT;

/** What a view does when it comes into sight, and when it goes. */
export function on(name: ViewName, its: Hooks): void {
  hooks.set(name, its);
}

export const isShown = (...names: ViewName[]): boolean => shown !== undefined && names.includes(shown);

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
  for (const each of Object.keys(TITLES)) element(each, HTMLElement).hidden = each !== name;
  document.title = text('document_title', { view: text(TITLES[name]) });
  // Whoever has just opened the page starts at its top.
  if (former) element(`${name}-title`, HTMLElement).focus();
  hooks.get(name)?.enter?.();
}

function markLinks(name: ViewName): void {
  const isDeveloper = isOneOf(DEVELOPER, name);
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    const target = link.hash.slice(1);
    const isCurrent = target === name || (link.id === 'developer-link' && isDeveloper);
    link.ariaCurrent = isCurrent ? 'page' : null;
    const isForOthers = allowed === SIGNED_IN && 'signedOut' in link.dataset;
    link.hidden = !isOneOf(allowed, target) || isForOthers;
  }
  // Where one link is all there is, it leads nowhere.
  element('views', HTMLElement).hidden = allowed.length === 1;
  element('developer-views', HTMLElement).hidden = !isDeveloper || allowed === SIGNED_OUT;
}

const isOneOf = (names: readonly string[], name: string): boolean => names.includes(name);
