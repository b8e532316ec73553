/** Which pages of other origins may call (CORS): one decision for the API and the gateways. */

const PREFLIGHT_SECONDS = 600;

/** What answers a preflight, beside the headers of `CrossOrigin.headersFor`; its status is 204. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, last-event-id, traceparent',
  'access-control-max-age': String(PREFLIGHT_SECONDS),
};

const NO_HEADERS: Readonly<Record<string, string>> = {};

/**
 * Pages of `allowedOrigins` may call with the session cookie, any page without it when `*` is among them. With none,
 * browsers keep every other origin out, and no header is added.
 */
export class CrossOrigin {
  private readonly named: ReadonlySet<string>;
  private readonly any: boolean;

  constructor(allowedOrigins: readonly string[]) {
    this.named = new Set(allowedOrigins);
    this.any = this.named.has('*');
  }

  /** Whether any other origin is allowed: only then are preflights answered. */
  get isOpen(): boolean {
    return this.named.size > 0;
  }

  /** The headers of an answer to a request that came with this Origin header, or without one. */
  headersFor(origin: string | undefined): Readonly<Record<string, string>> {
    if (!this.isOpen) return NO_HEADERS;
    const named = origin !== undefined && this.named.has(origin);
    if (origin === undefined || (!named && !this.any)) return { vary: 'origin' };
    return {
      vary: 'origin',
      'access-control-allow-origin': named ? origin : '*',
      'access-control-expose-headers': 'retry-after',
      ...(named ? { 'access-control-allow-credentials': 'true' } : {}),
    };
  }
}
