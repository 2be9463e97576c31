/** What a device says of itself, as far as it is known: a hint for people, and never to be relied on. */

export type Kind = 'phone' | 'tablet' | 'computer' | 'program' | 'unknown';

export interface Described {
  kind: Kind;
  browser: string | undefined;
  system: string | undefined;
}

// In this order: browsers name their relatives too.
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chromium'],
  [/\b(Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
];
const PROGRAMS: [RegExp, string][] = [
  [/^curl\//, 'curl'],
  [/^Wget\//, 'Wget'],
  [/^PostmanRuntime\//, 'Postman'],
  [/^python-/, 'Python'],
  [/^(node|undici)\b/, 'Node.js'],
];
const SYSTEMS: [RegExp, string, Kind][] = [
  [/\biPhone\b/, 'iPhone', 'phone'],
  [/\biPad\b/, 'iPad', 'tablet'],
  [/\bAndroid\b.*\bMobile\b/, 'Android', 'phone'],
  [/\bAndroid\b/, 'Android', 'tablet'],
  [/\bCrOS\b/, 'ChromeOS', 'computer'],
  [/\bWindows\b/, 'Windows', 'computer'],
  [/\bMac OS X\b/, 'macOS', 'computer'],
  [/\bLinux\b/, 'Linux', 'computer'],
];

export function described(userAgent: string): Described {
  const program = PROGRAMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (program) return { kind: 'program', browser: program, system: undefined };
  const [, system, kind = 'unknown'] = SYSTEMS.find(([pattern]) => pattern.test(userAgent)) ?? [];
  return { kind, browser: BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1], system };
}

/** The first words of what it says, where nothing of it is known. */
export const verbatim = (userAgent: string): string => userAgent.slice(0, 60);
