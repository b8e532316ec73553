import type { Subprotocol } from '../src/protocol/version.js';
import { browserClock, browserRandom, type ClientClock, type ClientRandom } from './clock.js';
import type { ClientStorage } from './storage.js';
import type { WebSocketFactory } from './transport.js';
import type { AuthSession } from './types.js';

export interface ParleyClientOptions {
  /** Where the HTTP API is: an origin such as `http://127.0.0.1:8080`. Default: the page's own. */
  readonly baseUrl?: string;
  /** What an earlier login gave; then no login is needed. */
  readonly session?: AuthSession;
  /** Where cursor, heads and outbox are kept. Default: nowhere; the next start is then a new start at the head. */
  readonly storage?: ClientStorage;
  /** Default: the runtime's WebSocket. */
  readonly webSocket?: WebSocketFactory;
  /** Default `parley.v1.protobuf`. */
  readonly subprotocol?: Subprotocol;
  /** Named to the server's logs; its first 64 characters. Default `parley-sdk`. */
  readonly clientName?: string;
  /**
   * Whether the refresh token is kept in an HttpOnly cookie instead of `session.refreshToken`. Default: in a page of the
   * API's own origin; no other is sent the cookie. Then `refresh()` after a reload of the page brings the login back.
   */
  readonly refreshInCookie?: boolean;
  /** Shown in the list of one's devices; 1 to 64 characters. Default, at each login: `Unnamed device`. */
  readonly deviceName?: string;
  /** Sends waiting at most; beyond, `send` throws `overloaded`. Default 1000. */
  readonly outboxMax?: number;
  /**
   * Asked at each request, also at a repeated one: the application's span it belongs to, as a `traceparent` of W3C Trace
   * Context; undefined: none. The server hangs its own spans under it where it traces the request.
   */
  readonly traceparent?: () => string | undefined;
  /** Default: the runtime's. */
  readonly fetch?: typeof fetch;
  /** Default: the runtime's time and timers. */
  readonly clock?: ClientClock;
  /** Default: the runtime's, ids of its `crypto`. */
  readonly random?: ClientRandom;
}

/** With the defaults filled in. */
export interface ResolvedOptions {
  readonly baseUrl: string;
  readonly storage: ClientStorage | undefined;
  /** Undefined: the runtime's, looked up by who connects. */
  readonly webSocket: WebSocketFactory | undefined;
  readonly subprotocol: Subprotocol;
  readonly clientName: string;
  readonly refreshInCookie: boolean;
  readonly deviceName: string | undefined;
  readonly outboxMax: number;
  readonly traceparent: () => string | undefined;
  readonly fetch: typeof fetch;
  readonly clock: ClientClock;
  readonly random: ClientRandom;
}

const CLIENT_NAME = 'parley-sdk';
const OUTBOX_MAX = 1000;

export function resolveOptions(options: ParleyClientOptions): ResolvedOptions {
  const fetcher = options.fetch ?? globalThis.fetch;
  return {
    baseUrl: (options.baseUrl ?? '').replace(/\/+$/, ''),
    storage: options.storage,
    webSocket: options.webSocket,
    subprotocol: options.subprotocol ?? 'parley.v1.protobuf',
    clientName: options.clientName ?? CLIENT_NAME,
    refreshInCookie: options.refreshInCookie ?? isOwnPage(options.baseUrl ?? ''),
    deviceName: options.deviceName,
    outboxMax: options.outboxMax ?? OUTBOX_MAX,
    traceparent: options.traceparent ?? (() => undefined),
    fetch: (input, init) => fetcher(input, init), // a browser's fetch minds what it is called on
    clock: options.clock ?? browserClock,
    random: options.random ?? browserRandom,
  };
}

function isOwnPage(baseUrl: string): boolean {
  const { document, location } = globalThis as { document?: unknown; location?: Location };
  if (document === undefined || location === undefined) return false;
  return baseUrl === '' || new URL(baseUrl, location.href).origin === location.origin;
}
