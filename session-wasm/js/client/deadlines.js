/** Seconds. Time enough to read the warning, finish a sentence, and answer it (WCAG 2.2, 2.2.1). */
const WARN_BEFORE = 120;

/** Of the remaining time, at most; who stays signed in for a minute is not warned all the time. */
const WARN_SHARE = 1 / 5;

/** Seconds. A statement lives for 300 at most, and a timer of a hidden tab may be a minute late. */
const FRESH_FOR = 200;

/** What happens when, in the server's time, to a session that looks like `view` at `now`. */
export function deadlines(view, now, warnBefore) {
  const endsAt = Math.min(view.idle_expires_at, view.absolute_expires_at);
  const warning = warnBefore ?? Math.min(WARN_BEFORE, (endsAt - now) * WARN_SHARE);
  return { endsAt, warnAt: endsAt - warning };
}

/** When a statement should be followed by a newer one: while a third of its life is left. */
export function staleAt(verdict, now) {
  return verdict?.ok ? verdict.expiresAt - (verdict.expiresAt - verdict.issuedAt) / 3 : now + FRESH_FOR;
}
