import type { EdgeBus } from '../cluster/actor-client.js';
import type { GatewayOperations } from '../cluster/operations/process-operations.js';
import type { AccessTokenVerifier } from '../core/access-token.js';
import type { Clock } from '../core/clock.js';
import type { TellHappening } from '../core/happenings.js';
import type { HttpHandler } from '../core/http.js';
import type { Logger } from '../core/logger.js';
import type { ProcessLoad } from '../core/membership.js';
import type { Metrics } from '../core/metrics.js';
import type { NoticeBoard } from '../core/notice.js';
import type { Random } from '../core/random.js';
import type { Tracing } from '../core/trace.js';

/** What a gateway needs from the process it runs in. */
export interface GatewayDeps {
  readonly bus: EdgeBus;
  readonly verifier: AccessTokenVerifier;
  /** Answers all paths that are not the gateway's own. */
  readonly fallback: HttpHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What operators tell everybody; undefined: nothing, ever. */
  readonly notices?: NoticeBoard;
  /** Tells operators. */
  readonly happened?: TellHappening;
  readonly tracing?: Tracing;
}

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Files in PEM; undefined: no TLS here. */
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly passphrase?: string } | undefined;
  /** Origins of pages beside the gateway's own that may connect, such as `https://chat.example`; `*` = any. */
  readonly allowedOrigins: readonly string[];
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
}

export interface DrainOptions {
  /** All connections are closed by then, milliseconds from now. */
  readonly deadlineMs: number;
  /** WebSocket URLs of other gateways; empty: clients ask discovery. */
  readonly to: readonly string[];
  /** Aborted: new sessions are taken again, and whoever is still here stays. Undefined: it is for good. */
  readonly calledOff?: AbortSignal;
}

export interface Gateway {
  /** The port that is listened on. */
  readonly port: number;
  /** Refuses new sessions, tells the clients to move, closes in batches; resolves when nobody is left or at the deadline. */
  drain(options: DrainOptions): Promise<void>;
  /** Closes every socket at once. Idempotent. */
  close(): void;
  load(): Pick<ProcessLoad, 'sessions' | 'queuedBytes' | 'draining'>;
  readonly operations: GatewayOperations;
}
