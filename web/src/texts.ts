/** Every word that the page says, from `texts/`, in the language that the server chose for this visitor. */

import type english from '../texts/en.json';
import { embedded } from './embedded';
import { locale } from './language';
import { settings } from './settings';

export type Key = keyof typeof english;

/** A key with a form for each number, of which every language has `_other`. */
type Counted<K> = K extends `${infer Name}_other` ? Name : never;

const texts: Record<string, string> = embedded('page-texts');
const numbers = new Intl.NumberFormat(locale);
const forms = new Intl.PluralRules(locale);

/** The text of `key`, with `values` in the places of their names. */
export function text(key: Key, values: Record<string, string> = {}): string {
  return phrase(key, values).join('');
}

/** The same for `count` of something. */
export function counted(key: Counted<Key>, count: number): string {
  const form = `${key}_${forms.select(count)}`;
  return text((form in texts ? form : `${key}_other`) as Key, { count: numbers.format(count) });
}

/** The text of `key` in pieces, so that a value may be an element. */
export function phrase<T>(key: Key, values: Record<string, T>): (T | string)[] {
  const known: Record<string, T | string> = { service: settings.service, ...values };
  const pieces = (texts[key] ?? key).split(/\{(\w+)\}/);
  // Every other piece is the name of a value.
  return pieces.map((piece, place) => (place % 2 === 0 ? piece : (known[piece] ?? `{${piece}}`)));
}
