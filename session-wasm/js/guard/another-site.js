const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether a browser sent this on behalf of another site, so that the visitor may know nothing of it. Every
 * current one says so in `Sec-Fetch-Site`, which no page can set; an older one sends an `Origin`. What
 * sends neither is no browser.
 */
export function isOfAnotherSite({ method, header, host }, origins) {
  if (SAFE.includes(method)) return false;
  const origin = header('origin');
  if (origin !== undefined && origins.includes(origin)) return false;
  const site = header('sec-fetch-site');
  if (site !== undefined) return !['same-origin', 'none'].includes(site);
  return origin !== undefined && hostOf(origin) !== host?.toLowerCase();
}

function hostOf(origin) {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // `null`, as a browser writes what it hides.
  }
}
