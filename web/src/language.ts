/** The language of the page, and what the browser's own settings say of how it is written. */

const language = document.documentElement.lang;

/** Of the kinds of English the one whose clock has 24 hours, unless the visitor has another. */
const OTHERWISE: Record<string, string> = { en: 'en-GB' };

const isOfPage = (locale: string) => locale.split('-')[0] === language && locale !== language;

export const locale = navigator.languages.find(isOfPage) ?? OTHERWISE[language] ?? language;
