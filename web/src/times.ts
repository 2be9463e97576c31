/** Times and spans as people read them, without a word that `Intl` does not know. Times are seconds since 1970. */

import { locale } from './language';

const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
const short = format({ timeStyle: 'short' });
const dayAndTime = format({
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
});
// The long styles name the zone.
const precise = format({ timeStyle: 'long' });
const full = format({ dateStyle: 'full', timeStyle: 'long' });
const zone = format({ timeZoneName: 'long' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

/** `14:32`, `tomorrow, 14:32`, or `Tue 24 Nov, 14:32` when that is neither. */
export function moment(at: number, now: number): string {
  const days = daysBetween(now, at);
  if (days === 0) return timeOfDay(at);
  if (Math.abs(days) > 1) return dayAndTime.format(dateOf(at));
  return `${relative.format(days, 'day')}${locale.startsWith('ja') ? ' ' : ', '}${timeOfDay(at)}`;
}

/** `14:32`, of what is so near that the day is plain. Never over two lines: `1:00` alone would be another time. */
export const timeOfDay = (at: number): string => short.format(dateOf(at)).replace(/\s/g, '\u00a0');

/** `2:30`, where there is little room, and what stands above it says which half of the day it is. */
export function timeOnScale(at: number): string {
  const parts = short.formatToParts(dateOf(at)).filter(({ type }) => type !== 'dayPeriod');
  return parts
    .map(({ value }) => value)
    .join('')
    .trim();
}

/** `14:32:07 CET`: what is checked every few seconds is told to the second. */
export const clockTime = (at: number): string => precise.format(dateOf(at));

/** `Tuesday 24 November 2026 at 14:32:07 CET`. */
export const exact = (at: number): string => full.format(dateOf(at));

/** `Central European Standard Time`: whose times these are. */
export function zoneAt(at: number): string {
  const parts = zone.formatToParts(dateOf(at));
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** `29:41` or `11:59:41`; never below zero. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `in 2 minutes`: as long as it may take. */
export function ahead(seconds: number): string {
  const [amount, unit] = inUnit(Math.max(1, seconds), Math.ceil);
  return relative.format(amount, unit);
}

/** `5 minutes ago`, or `justNow`. */
export function ago(at: number, now: number, justNow: string): string {
  const seconds = Math.floor(now - at);
  if (seconds < 60) return justNow;
  const [amount, unit] = inUnit(seconds, Math.floor);
  return relative.format(-amount, unit);
}

const dateOf = (at: number) => new Date(at * 1000);

/** Between midnights of this machine's zone. */
function daysBetween(from: number, to: number): number {
  const midnight = (at: number) => dateOf(at).setHours(0, 0, 0, 0);
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}

type Unit = 'second' | 'minute' | 'hour' | 'day';

function inUnit(seconds: number, round: (amount: number) => number): [number, Unit] {
  if (round(seconds) < 60) return [round(seconds), 'second'];
  if (round(seconds / 60) < 60) return [round(seconds / 60), 'minute'];
  if (round(seconds / 3600) < 24) return [round(seconds / 3600), 'hour'];
  return [round(seconds / 86_400), 'day'];
}
