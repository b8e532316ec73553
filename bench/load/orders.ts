/** What the bench tells a generator process to do, and what it hears back, over Node's IPC. */

export type Target =
  | { readonly type: 'relay'; readonly port: number }
  | { readonly type: 'parley'; readonly port: number; readonly path: string; readonly tokens: readonly string[] };

/** A place in an inbox, as the protocol has it. */
export interface Cursor {
  readonly term: number;
  readonly sub: number;
  readonly inboxSeq: number;
}

/** Which users, by number. */
export type Which = 'all' | 'even' | 'odd';

/** An open-loop load. */
interface Load {
  /** A second, altogether. */
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** How long after the last send the last delivery may come. */
  readonly settleSeconds: number;
}

export type Order =
  /**
   * Connects those of `first` … `end`-1 that are even, odd or whatever, spread over a time, and answers with the
   * milliseconds it took. Who was connected before goes on from its cursor.
   */
  | {
      readonly type: 'connect';
      readonly target: Target;
      readonly first: number;
      readonly end: number;
      readonly which: Which;
      readonly overSeconds: number;
    }
  /** All who are connected write in turn, each to its neighbour. */
  | (Load & { readonly type: 'direct'; readonly awaitDelivery: boolean })
  /** Users 0 … publishers-1 write in turn to the broadcast channel. */
  | (Load & { readonly type: 'publish'; readonly publishers: number })
  /** Makes a broadcast channel of all users, of which the first `publishers` may write; answers with its head. */
  | { readonly type: 'make_broadcast'; readonly publishers: number }
  /** Waits until so many deliveries have come altogether, or the time is over; answers with how many have. */
  | { readonly type: 'await_deliveries'; readonly count: number; readonly withinSeconds: number }
  /** Users read pages of their direct channels, from the head or from random places; answers with a HistoryResult. */
  | {
      readonly type: 'history';
      readonly from: 'head' | 'anywhere';
      readonly rate: number;
      readonly seconds: number;
      readonly page: number;
    }
  /** HTTP requests, each from an address and for an account of its own; answers with an HttpResult. */
  | {
      readonly type: 'http';
      readonly port: number;
      readonly what: 'login' | 'gateways';
      readonly rate: number;
      readonly seconds: number;
      readonly accounts: number;
      readonly tokens: readonly string[];
    }
  | { readonly type: 'write_ledger'; readonly file: string }
  | { readonly type: 'disconnect'; readonly which: Which };

export interface LoadResult {
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly refused: number;
  /** Error code → how often. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly closed: number;
  readonly lost: number;
  readonly doubled: number;
  /** HDR histograms of microseconds, encoded. */
  readonly acknowledgement: string;
  readonly delivery: string;
  readonly lateness: string;
  /** Share of one core, 0 to 1, that this generator used while it measured. */
  readonly processorShare: number;
  readonly eventLoopDelayP99Ms: number;
}

/** Of requests that are answered one by one. */
export interface RequestsResult {
  readonly answered: number;
  readonly failed: number;
  /** What the first failure said. */
  readonly failure: string | undefined;
  /** HDR histogram of microseconds from when a request was due until its answer, encoded. */
  readonly latency: string;
}

export type Report =
  | { readonly type: 'done'; readonly value: unknown }
  | { readonly type: 'failed'; readonly sentence: string }
  /** Measuring begins, or ends: the time to read the server's counters. */
  | { readonly type: 'measuring' }
  | { readonly type: 'measured' };
