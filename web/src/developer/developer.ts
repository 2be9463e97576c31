/** “Developer”, for who works on an application: the statement, the session's data, and the inspector. */

import type { SignedIn } from 'session-wasm/client';
import * as data from './data';
import * as inspector from './inspector';
import * as statement from './statement';

export function start(): void {
  statement.start();
  data.start();
  inspector.start();
}

export const show = (state: SignedIn): void => statement.show(state);

/** Forgets all of it, and says what was lost with the session. */
export function clear(): string {
  statement.clear();
  return data.clear();
}
