/** The calling code is wrong; what a visitor sends never leads here. */
export class MisuseError extends TypeError {
  name = 'MisuseError';

  constructor(code, message) {
    super(message);
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

/** Runs the constructor of a WebAssembly class, whose refusal is a text. */
export function construct(code, make) {
  try {
    return make();
  } catch (message) {
    throw typeof message === 'string' ? new MisuseError(code, message) : message;
  }
}
