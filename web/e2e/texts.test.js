// The words of the page, without a browser: each language is whole, each text is used, and none stands elsewhere.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const filesIn = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const LANGUAGES = Object.fromEntries(
  filesIn('web/texts', '.json').map((path) => [path.match(/(\w+)\.json$/)[1], JSON.parse(read(path))]),
);
const ENGLISH = LANGUAGES.en;
const OTHERS = Object.entries(LANGUAGES).filter(([language]) => language !== 'en');

const SOURCES = filesIn('web/src', '.ts').filter((path) => !path.startsWith('web/src/operations/'));
const PAGES = ['web/index.html', ...filesIn('session-http/src/page', '.html')];
const SERVER = ['session-http/src/page.rs', ...filesIn('session-http/src/page', '.rs')];

const placesIn = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([place]) => place).sort();

test('every language has every text, and no other', () => {
  assert.deepEqual(Object.keys(LANGUAGES).sort(), ['de', 'en', 'ja']);
  for (const [language, texts] of OTHERS) {
    assert.deepEqual(Object.keys(texts), Object.keys(ENGLISH), language);
    for (const [key, text] of Object.entries(texts)) assert.ok(text.trim(), `${language}: ${key} is empty`);
  }
});

test('every language puts the same values into a text', () => {
  for (const [language, texts] of OTHERS) {
    for (const [key, text] of Object.entries(texts))
      assert.deepEqual(placesIn(text), placesIn(ENGLISH[key]), `${language}: ${key}`);
  }
});

test('no text was left in English', () => {
  // Names, and what is the same in both.
  const same = new Set(Object.keys(ENGLISH).filter((key) => /^[^a-z]*(\{\w+\}[^a-z]*)*$/.test(ENGLISH[key])));
  for (const [language, texts] of OTHERS) {
    for (const [key, text] of Object.entries(texts))
      assert.ok(same.has(key) || text !== ENGLISH[key], `${language}: ${key}`);
  }
});

test('the phrases that nobody would say are gone', () => {
  const gone = ['in any case', 'once more', 'in another place', 'into the editor'];
  for (const [key, text] of Object.entries(ENGLISH)) {
    for (const phrase of gone) assert.ok(!text.toLowerCase().includes(phrase), `${key}: ${text}`);
  }
});

/** With the forms for numbers, which are asked for by the name without them. */
function keysOf(name) {
  if (name in ENGLISH) return [name];
  return Object.keys(ENGLISH).filter((key) => key.replace(/_(zero|one|two|few|many|other)$/, '') === name);
}

/** Whatever is quoted in the sources may be a key. */
const quoted = (text) => [...text.matchAll(/['"](\w+)['"]/g)].map(([, name]) => name);
const marked = (html) => [...html.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);

test('every text is used', () => {
  const used = [...SOURCES, ...SERVER].flatMap((path) => quoted(read(path)));
  const inPages = PAGES.flatMap((path) => marked(read(path)));
  const keys = new Set([...used, ...inPages].flatMap(keysOf));
  assert.deepEqual(
    Object.keys(ENGLISH).filter((key) => !keys.has(key)),
    [],
  );
});

test('every text that the page asks for is there', () => {
  const given = ['language', 'service', 'next', 'html_attributes', 'name_attributes', 'brand', 'signed_in'];
  const missing = marked(read('web/index.html')).filter((key) => !(key in ENGLISH) && !given.includes(key));
  assert.deepEqual(missing, []);
});

test('no word of the page stands outside the files of texts', () => {
  const html = read('web/index.html').replace(/<!--.*?-->/gs, '');
  const between = [...html.matchAll(/>([^<]+)</g)].map(([, text]) => text);
  const said = /\s(?:alt|title|placeholder|content|aria-(?:label|description|valuetext))="([^"]*)"/g;
  const attributes = [...html.matchAll(said)].map(([, text]) => text);
  const technical = ['width=device-width, initial-scale=1', 'light dark'];
  const words = [...between, ...attributes]
    .filter((text) => !technical.includes(text))
    .map((text) => text.replace(/\{\{.*?\}\}|\{%.*?%\}/g, '').trim())
    .filter((text) => /\p{L}/u.test(text));
  assert.deepEqual(words, []);
});

/** Names, which are the same in every language, and what only a programmer reads. */
const NAMES = ['web/src/user-agent.ts'];
const TERMS = [
  'Accept',
  'Content-Type',
  'Date',
  'ETag',
  'Escape',
  'If-Match',
  'Retry-After',
  'Session-Activity',
];

test('no word of the scripts stands outside the files of texts', () => {
  const found = SOURCES.filter((path) => !NAMES.includes(path)).flatMap((path) =>
    textsOf(parseSync(path, read(path)).program)
      .filter(isSaid)
      .map((text) => `${path}: ${text}`),
  );
  assert.deepEqual(found, []);
});

/** More than one word, or one that begins as a sentence does. */
function isSaid(text) {
  if (TERMS.includes(text)) return false;
  return /\p{L}{2,}\s+\p{L}/u.test(text) || /^\p{Lu}\p{Ll}+/u.test(text) || /\p{L}[.!?…]$/u.test(text);
}

/** The texts in a program; not those of errors, nor what names a place: an import, a selector, a class. */
function textsOf(node) {
  if (Array.isArray(node)) return node.flatMap(textsOf);
  if (!node || typeof node !== 'object') return [];
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ImportExpression':
    case 'TSLiteralType':
      return [];
    case 'NewExpression':
      if (/Error$/.test(node.callee.name)) return [];
      break;
    case 'CallExpression':
      if (/^querySelector(All)?$/.test(node.callee.property?.name)) return [];
      break;
    case 'Property':
      if (node.key.name === 'className') return [];
      break;
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : [];
    case 'TemplateElement':
      return [node.value.cooked];
  }
  return Object.values(node).flatMap(textsOf);
}
