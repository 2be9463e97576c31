/** Notices that somebody signed in elsewhere, while nobody is signed in here. */

import { BASE } from './base';
import { client } from './session';

export function start(): void {
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', look);
}

/** The page itself says it, in an answer that is no error where nobody is signed in. */
async function look(): Promise<void> {
  const { status } = client.state;
  if (document.visibilityState !== 'visible' || status === 'signed_in' || status === 'asking') return;
  const page = await fetch(`${BASE}/`).then((answer) => answer.text(), String);
  const settings = new DOMParser().parseFromString(page, 'text/html').getElementById('page-settings');
  const { session } = JSON.parse(settings?.textContent || '{}');
  if (session === 'present') await client.refresh();
}
