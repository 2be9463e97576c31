/** What the server’s answers say of the time, for a page that has not asked about a session yet. */

let seen: { at: number; since: number } | undefined;

const elapsed = () => performance.now() / 1000;

export function heed(response: Response): void {
  const at = Date.parse(response.headers.get('Date') ?? '') / 1000;
  if (at > (known() ?? 0)) seen = { at, since: elapsed() };
}

/** Seconds since 1970: the earliest that it can be. */
export const known = (): number | undefined => seen && seen.at + elapsed() - seen.since;
