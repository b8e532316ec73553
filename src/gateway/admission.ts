import { ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { rateOf, takeToken, tokenInMs } from '../core/rate.js';
import { SUBPROTOCOLS, type Subprotocol } from '../protocol/version.js';
import { limitKey } from './addresses.js';
import type { SessionHost } from './session-host.js';

const CONNECT_RATE = rateOf(LIMITS.addressConnectsPerSecond, LIMITS.addressConnectsBurst);
/** Addresses remembered before the idle ones are forgotten. */
const ADDRESSES_MAX = 10_000;

/** What a request to connect says of itself. */
export interface ConnectRequest {
  readonly address: string;
  readonly origin: string;
  readonly host: string;
  /** As in Sec-WebSocket-Protocol. */
  readonly subprotocols: string;
}

/** Who may connect: by origin, subprotocol, and how much comes from an address. */
export class Admission {
  private readonly buckets = new Map<string, number>();
  private readonly host: SessionHost;
  private readonly allowedOrigins: ReadonlySet<string>;

  constructor(host: SessionHost, allowedOrigins: readonly string[]) {
    this.host = host;
    this.allowedOrigins = new Set(allowedOrigins);
  }

  /** The subprotocol to speak. Throws `draining`, `forbidden`, `invalid_argument`, `rate_limited` or `overloaded`. */
  admit(request: ConnectRequest): Subprotocol {
    if (this.host.draining) throw new ParleyError('draining');
    this.checkOrigin(request.origin, request.host);
    const offered = request.subprotocols.split(',').map((name) => name.trim());
    const chosen = SUBPROTOCOLS.find((name) => offered.includes(name));
    if (chosen === undefined) {
      throw new ParleyError('invalid_argument', {
        sentence: `Offer one of the subprotocols ${SUBPROTOCOLS.join(', ')}.`,
      });
    }
    this.takeFrom(request.address);
    return chosen;
  }

  /** Throws `forbidden` for a page of another origin that is not allowed. Programs send no origin. */
  checkOrigin(origin: string, host: string): void {
    if (origin === '' || this.allowedOrigins.has('*') || this.allowedOrigins.has(origin)) return;
    const own = URL.canParse(origin) && new URL(origin).host === host;
    if (!own) throw new ParleyError('forbidden', { sentence: 'Pages of this origin may not connect here.' });
  }

  /** Counts a connection of the address. Throws `rate_limited` or `overloaded`. */
  takeFrom(address: string): void {
    const key = limitKey(address);
    const nowMs = this.host.nowMs();
    const bucket = this.buckets.get(key) ?? 0;
    const next = takeToken(bucket, nowMs, CONNECT_RATE);
    if (next === undefined) {
      throw new ParleyError('rate_limited', { retryAfterMs: tokenInMs(bucket, nowMs, CONNECT_RATE) });
    }
    if (this.host.unauthenticated.countFrom(key) >= LIMITS.unauthenticatedPerAddressMax) {
      const sentence = 'Too many connections of this address have not said hello.';
      throw new ParleyError('overloaded', { sentence, retryAfterMs: LIMITS.helloDeadlineMs });
    }
    if (this.buckets.size >= ADDRESSES_MAX) this.forgetIdle(nowMs);
    this.buckets.set(key, next);
  }

  private forgetIdle(nowMs: number): void {
    for (const [key, bucket] of this.buckets) if (bucket <= nowMs) this.buckets.delete(key);
  }
}
