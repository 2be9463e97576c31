/** From where somebody has signed in: an address, and the place where that is, as far as the server tells it. */

import { locale } from './language';
import type { Device } from './server';
import { text } from './texts';

const countries = new Intl.DisplayNames(locale, { type: 'region' });

/** `192.0.2.1 · London, United Kingdom`. */
export function originOf({ ip, place }: Device['client']): string {
  if (!ip || !place) return ip ?? '';
  const country = countries.of(place.country) ?? place.country;
  return `${ip} · ${place.city ? text('place', { city: place.city, country }) : country}`;
}
