/**
 * Which sign-ins are new to whoever is here: those that came after the newest one of their last visit with this
 * browser. What it keeps is the time of that one, under a name that does not tell whose.
 */

const NAME = 'session-page-visit';

/** The newest that had been seen when this visit began, or `otherwise`; `newest` is what it has come to by now. */
export async function seenUntil(subject: string, newest: number, otherwise: number): Promise<number> {
  const key = `${NAME} ${await digest(subject)}`;
  const seen = read(sessionStorage, key) ?? read(localStorage, key) ?? otherwise;
  write(sessionStorage, key, seen);
  write(localStorage, key, Math.max(seen, newest));
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
