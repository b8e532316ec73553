import type { Subprotocol } from '../src/protocol/version.js';
import type { ClientClock, ClientRandom } from './clock.js';
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
  /** Named to the server's logs; at most 64 characters. */
  readonly clientName?: string;
  /** Shown in the list of one's devices. */
  readonly deviceName?: string;
  /** Sends waiting at most; beyond, `send` throws `overloaded`. Default 1000. */
  readonly outboxMax?: number;
  readonly fetch?: typeof fetch;
  readonly clock?: ClientClock;
  readonly random?: ClientRandom;
}
