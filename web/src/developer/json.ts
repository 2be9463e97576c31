/** JSON as a person writes it: the first fault is told with its line. */

import { text as words } from '../texts';

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
export type Members = { [member: string]: Json };

export interface Fault {
  /** Where in the text. */
  at: number;
  line: number;
  message: string;
}

/** The server takes data that is nested about so deeply. */
const MAX_DEPTH = 100;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y;

/** The members of the object that `text` writes, or the first thing that is wrong with it. */
export function parse(text: string): { members: Members } | { fault: Fault } {
  try {
    new Reader(text).document();
    return { members: JSON.parse(text) };
  } catch (error) {
    if (error instanceof FaultFound) return { fault: error.fault };
    throw error;
  }
}

class FaultFound extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** Reads what `JSON.parse` would, and what that silently drops: members that come twice, digits that do not fit. */
class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  document(): void {
    this.#take(SPACE);
    if (this.text[this.#at] !== '{') this.#fail(words('json_object'));
    this.#value(1);
    if (this.#at < this.text.length) this.#fail(words('json_more'));
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) this.#fail(words('json_depth'));
    const next = this.text[this.#at];
    if (next === '{') this.#object(depth);
    else if (next === '[') this.#list(']', () => this.#value(depth + 1));
    else if (next === '"') this.#string();
    else this.#other();
    this.#take(SPACE);
  }

  #object(depth: number): void {
    const names = new Set<string>();
    this.#list('}', () => {
      const start = this.#at;
      if (this.text[start] !== '"') this.#fail(words('json_name'));
      const name = this.#string();
      if (names.has(name)) this.#fail(words('json_twice', { name: JSON.stringify(name) }), start);
      names.add(name);
      this.#take(SPACE);
      this.#expect(':', words('json_colon', { name: JSON.stringify(name) }));
      this.#value(depth + 1);
    });
  }

  #list(end: string, item: () => void): void {
    this.#at += 1;
    this.#take(SPACE);
    if (this.text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      item();
      if (this.text[this.#at] === end) break;
      this.#expect(',', words('json_comma', { end }));
    }
    this.#at += 1;
  }

  #string(): string {
    const text = this.#take(STRING);
    if (text === undefined) this.#fail(words('json_string'));
    return JSON.parse(text as string);
  }

  #other(): void {
    const start = this.#at;
    const text = this.#take(OTHER);
    if (!text) this.#fail(words('json_value'));
    const isInteger = /^-?\d+$/.test(text as string);
    if (isInteger && !Number.isSafeInteger(Number(text))) {
      this.#fail(words('json_digits'), start);
    }
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #expect(character: string, message: string): void {
    if (this.text[this.#at] !== character) this.#fail(message);
    this.#at += 1;
    this.#take(SPACE);
  }

  #fail(message: string, at = this.#at): never {
    throw new FaultFound({ at, line: this.text.slice(0, at).split('\n').length, message });
  }
}
