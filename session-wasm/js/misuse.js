/** The calling code or its surroundings are wrong; what a visitor sends never leads here. */
export class MisuseError extends TypeError {
  name = 'MisuseError';

  /** Each entry point brings a class of its own, and every one of them is this. */
  static [Symbol.hasInstance](error) {
    return error instanceof TypeError && error.name === 'MisuseError';
  }

  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
}

/** The latest time that a cookie can write. Milliseconds are beyond it, which is how they are caught. */
const MAX_SECONDS = 99_999_999_999;

export function wholeSeconds(now) {
  if (now === undefined) return Math.floor(Date.now() / 1000);
  if (Number.isInteger(now) && now >= 0 && now <= MAX_SECONDS) return now;
  throw new MisuseError(
    'invalid_time',
    'expected now in whole seconds since 1970, as Math.floor(Date.now() / 1000)',
  );
}

export function text(value, code, expected) {
  if (typeof value === 'string') return value;
  throw new MisuseError(code, `expected ${expected} as a string`);
}

/** By what a server is known to browsers, in the one way in which statements write it. */
export function publicOrigin(value, code, name) {
  const found = text(value, code, `${name}, the server's public origin,`);
  if (isOrigin(found)) return found;
  throw new MisuseError(
    code,
    `${name}: expected the server's public origin, such as https://app.example, with its scheme, and without a ` +
      `path or a slash at its end; found ${JSON.stringify(found.slice(0, 200))}`,
  );
}

function isOrigin(found) {
  try {
    // The parser mends much; what stands there must be no more than what is heeded.
    return /^https?:\/\/[^\s/\\?#@*]*[^\s/\\?#@*:]$/i.test(found) && new URL(found).host !== '';
  } catch {
    return false;
  }
}
