/** What the operator has set for this page, and what the server knew of the visitor when it answered. */

import { embedded } from './embedded';

export interface Settings {
  /** What the operator calls the service. */
  service: string;
  /** Whether there is more to see, for who works on an application. */
  developer: boolean;
  /** `unknown` while the store does not answer. */
  session: 'absent' | 'present' | 'unknown';
  /** Where it is absent: why. */
  reason?: 'absent' | 'invalid' | 'expired' | 'ended';
}

export const settings: Settings = embedded('page-settings');
