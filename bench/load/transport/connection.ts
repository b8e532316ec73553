import type { v1 } from '../../../src/protocol/wire.js';

/** Where a session connects to. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Of the WebSocket. */
  readonly path: string;
  /** The loopback address to come from, so that limits per address do not hit a generator; undefined: the system's choice. */
  readonly fromAddress: string | undefined;
}

/** An answer that takes longer does not come. */
export const ANSWER_WITHIN_MS = 10_000;

/** What a connection cost on the wire. A request is a frame that the client sent, or an HTTP request. */
export interface Traffic {
  requests: number;
  bytesOut: number;
  bytesIn: number;
}

export interface ConnectionHandlers {
  /** A ServerFrame in protobuf, from `start` to `end`; good during the call only. */
  onFrame(buffer: Buffer, start: number, end: number): void;
  /** Once; 1006 when the server named no code. */
  onClose(code: number): void;
}

/** How a device talks to the server: the same frames, whatever carries them. */
export interface Connection {
  send(frame: v1.IClientFrame): void;
  /** So far, by this connection. */
  traffic(): Traffic;
  /** Ends without a word; onClose is called. */
  close(): void;
}

export const TRANSPORTS = ['websocket', 'long_poll', 'poll'] as const;
export type TransportName = (typeof TRANSPORTS)[number];
