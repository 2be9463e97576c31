import { text } from './texts';
import { described, verbatim } from './user-agent';

/** `Firefox on Windows`. */
export function deviceName(userAgent: string): string {
  const { browser, system } = described(userAgent);
  if (browser && system) return text('device_name', { browser, system });
  return browser ?? system ?? (verbatim(userAgent) || text('unknown_device'));
}
