/**
 * Since when a sign-in is new to whoever is here: the last visit with this browser. What it keeps is a time,
 * under a name that does not tell whose.
 */

import { now } from './session';

const NAME = 'session-page-visit';

/** Since when, for a visit that goes on; the time of this visit stands for the next. */
export async function since(subject: string): Promise<number> {
  const key = `${NAME} ${await digest(subject)}`;
  const seen = read(sessionStorage, key) ?? read(localStorage, key) ?? now();
  write(sessionStorage, key, seen);
  write(localStorage, key, now());
  return seen;
}

/** A visit ends with its session. */
export function over(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(NAME)) sessionStorage.removeItem(key);
  } catch {
    // Nothing is kept in this browser, so nothing stays.
  }
}

async function digest(subject: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(subject));
  return btoa(String.fromCharCode(...new Uint8Array(bytes).slice(0, 12)));
}

function read(storage: Storage, key: string): number | undefined {
  try {
    return Number(storage.getItem(key)) || undefined;
  } catch {
    return undefined;
  }
}

function write(storage: Storage, key: string, seconds: number): void {
  try {
    storage.setItem(key, String(seconds));
  } catch {
    // Full, or forbidden: then no sign-in is marked.
  }
}
