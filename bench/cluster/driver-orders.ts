import type { Latency } from '../run/measure.js';

/** To the process of the bare driver: so many messages a second, in an open loop. */
export interface DriverOrder {
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** How long after the last message its rows may take. */
  readonly settleSeconds: number;
}

export interface DriverResult {
  readonly sent: number;
  readonly failed: number;
  /** Neither written nor failed in time. */
  readonly lost: number;
  /** From when a message was due until all its rows were written. */
  readonly latency: Latency;
}

export type DriverReport =
  | { readonly type: 'measuring' | 'measured' }
  | { readonly type: 'done'; readonly value: DriverResult }
  | { readonly type: 'failed'; readonly sentence: string };
