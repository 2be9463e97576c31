/** Notices that somebody signed in elsewhere, while nobody is signed in here. */

import { BASE } from './base';
import { client } from './session';
import type { Settings } from './settings';

let isLooking = false;

export function start(): void {
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', look);
}

/** The page itself says it, in an answer that is no error where nobody is signed in. */
async function look(): Promise<void> {
  const { status } = client.state;
  const isOut = status === 'signed_out' || status === 'ended';
  if (isLooking || !isOut || document.visibilityState !== 'visible') return;
  isLooking = true;
  if ((await settingsNow()).session === 'present') await client.refresh();
  isLooking = false;
}

async function settingsNow(): Promise<Partial<Settings>> {
  try {
    const html = await (await fetch(`${BASE}/`, { cache: 'no-store' })).text();
    const page = new DOMParser().parseFromString(html, 'text/html');
    return JSON.parse(page.getElementById('page-settings')?.textContent ?? '');
  } catch {
    return {}; // Nobody answered, or somebody else.
  }
}
