import { ParleyError } from '../core/errors.js';

/** What the check looks at in a request; names of headers in lower case. */
interface BrowserRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The host that the browser asked, as a trusted proxy or the Host header says. */
  readonly host: string;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // "null", or no origin at all
  }
}

/**
 * Refuses requests that another site's page makes with our cookie (CSRF). Two independent signs are asked for: a JSON
 * content type, which no form can send, and, where the browser names the origin, our own or an allowed one. Ours is
 * what the browser itself calls so (Sec-Fetch-Site, which scripts cannot set and proxies do not change), else what has
 * the host that was asked; the scheme is not compared, since a proxy may end TLS. Throws `unsupported_media_type` or
 * `forbidden`.
 */
export function checkSameOrigin({ headers, host }: BrowserRequest, allowedOrigins: readonly string[]): void {
  const type = String(headers['content-type'] ?? '').split(';', 1)[0];
  if (type?.trim().toLowerCase() !== 'application/json') throw new ParleyError('unsupported_media_type');
  const origin = headers.origin;
  if (origin === undefined || headers['sec-fetch-site'] === 'same-origin') return;
  if (typeof origin === 'string' && (allowedOrigins.includes(origin) || hostOf(origin) === host)) return;
  throw new ParleyError('forbidden', { sentence: 'This origin may not use the session of the page.' });
}
