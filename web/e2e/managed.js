// A server whose management is open, and the operations view at it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, folder } from '../../testing/after.js';
import { freePort } from '../../testing/redis.js';
import { startServer } from '../../testing/server.js';
import { visit } from './browsers.js';

export const TOKEN = 'token-of-the-office-0123456789-abcdefgh';

/** The server with one token, and `management`, where its view is. */
export async function startManaged(t, ...flags) {
  const file = join(folder(t), 'tokens');
  const changeToken = (token) => writeFileSync(file, `office:${token}\n`, { mode: 0o600 });
  changeToken(TOKEN);
  const address = `127.0.0.1:${await freePort()}`;
  const server = await startServer(t, '--manage', address, '--management-tokens', file, ...flags);
  const management = {
    origin: `http://${address}`,
    ask: (path, { token = TOKEN, ...init } = {}) =>
      fetch(`http://${address}${path}`, { ...init, headers: { Authorization: `Bearer ${token}` } }),
  };
  return { server, management, changeToken };
}

/** A tab with the view, open for who has the token. */
export async function openView(t, browser, management, options) {
  const tab = await visit(t, browser, management, options);
  await enter(tab);
  return tab;
}

export async function enter(tab, token = TOKEN) {
  await tab.see('Management token');
  await tab.fill('Token', token);
  await tab.click('Open', 'form');
  await tab.see('Looked at');
  // From the second look on there are numbers.
  await tab.until(() => !document.querySelector('#checks-summary').textContent.includes('Two looks'));
}

/** Asks something of the server every so often, for as long as a test goes on. */
export function keepAsking(t, ask, milliseconds) {
  const timer = setInterval(() => ask().catch(() => {}), milliseconds);
  after(t, () => clearInterval(timer));
}
