/** Times, spans and devices as people read them. Times are seconds since 1970. */

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const precise = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const relative = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });

/** `14:32`, or `Tue 24 Nov, 14:32` when that is not the day of `now`. */
export function moment(at: number, now: number): string {
  const date = new Date(at * 1000);
  const sameDay = date.toDateString() === new Date(now * 1000).toDateString();
  return (sameDay ? time : dayAndTime).format(date);
}

/** `14:32:07`: what is checked every few seconds is told to the second. */
export function clockTime(at: number): string {
  return precise.format(new Date(at * 1000));
}

/** `24 Nov 2026, 14:32:07 (in 5 minutes)`. */
export function when(at: number, now: number): string {
  const date = new Date(at * 1000);
  const distance = at > now ? `in ${span(at - now)}` : ago(at, now);
  return now > 0 ? `${full.format(date)} (${distance})` : full.format(date);
}

/** `29:41` or `11:59:41`; never below zero. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `2 minutes`, `1 hour`: as long as it may take. */
export function span(seconds: number): string {
  const [amount, unit] = inUnit(Math.max(1, seconds), Math.ceil);
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

/** `just now`, `5 minutes ago`. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor(now - at);
  if (seconds < 60) return 'just now';
  const [amount, unit] = inUnit(seconds, Math.floor);
  return relative.format(-amount, unit);
}

type Unit = 'second' | 'minute' | 'hour' | 'day';

function inUnit(seconds: number, round: (amount: number) => number): [number, Unit] {
  if (round(seconds) < 60) return [round(seconds), 'second'];
  if (round(seconds / 60) < 60) return [round(seconds / 60), 'minute'];
  if (round(seconds / 3600) < 24) return [round(seconds / 3600), 'hour'];
  return [round(seconds / 86_400), 'day'];
}

// In this order: browsers name their relatives too.
const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chromium'],
  [/\b(Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** `Firefox on Windows`: a hint for people, made of what the device says of itself. */
export function device(userAgent: string): string {
  const named = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent))?.[1];
  const parts = [named(BROWSERS), named(SYSTEMS)].filter((part) => part !== undefined);
  return parts.join(' on ') || userAgent.slice(0, 60) || 'Unknown device';
}
