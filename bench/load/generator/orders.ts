/** What the bench tells a generator process to do, and what it hears back, over Node's IPC or a socket. */
import type { ChannelLog } from '../../../checker/history.js';
import type { OwnMoment } from '../record/timeline.js';
import type { Top } from '../record/top.js';
import type { Place, Traffic, TransportName } from '../transport/connection.js';

export type Target =
  | { readonly type: 'relay'; readonly port: number }
  | {
      readonly type: 'parley';
      readonly port: number;
      readonly path: string;
      /** Of the users from `tokensFrom` (0) on. */
      readonly tokens: readonly string[];
      readonly tokensFrom?: number;
      /** Gateways; when not said, the one at `port` on this machine. */
      readonly places?: readonly Omit<Place, 'fromAddress'>[];
      /** What user ids begin with. */
      readonly prefix?: string;
      readonly transport?: TransportName;
      /** Between two polls of a device that polls. */
      readonly pollEverySeconds?: number;
      /** Devices come back after a loss, and repeat what is not settled. */
      readonly steady?: boolean;
    };

/** Users `first` … `end`-1. */
export interface UserRange {
  readonly first: number;
  readonly end: number;
}

export interface DueChannel {
  readonly channelId: string;
  readonly members: UserRange;
  readonly top: Top;
}

/** A channel of the load, and who of a generator's users writes to it. */
export interface ChannelPlan {
  readonly channelId: string;
  readonly writers: readonly number[];
}

/** What one generator offers of one line of a scenario; rates are its share, a second. */
export type LaneOrder = { readonly name: string; readonly rate: number } & (
  | { readonly kind: 'direct'; readonly users: UserRange }
  | { readonly kind: 'channels'; readonly channels: readonly ChannelPlan[] }
  /** One of the users leaves, or is back, in turn. */
  | { readonly kind: 'flap'; readonly users: UserRange }
  | { readonly kind: 'history'; readonly page: number }
  | { readonly kind: 'login' | 'discovery'; readonly users: UserRange; readonly api: Omit<Place, 'fromAddress'> }
);

export type LaneResult =
  | {
      readonly type: 'messages';
      readonly name: string;
      readonly sent: number;
      readonly acknowledged: number;
      readonly refused: number;
      readonly acknowledgement: string;
      readonly delivery: string;
      readonly afterReturn: string;
    }
  | ({ readonly type: 'requests'; readonly name: string } & RequestsResult)
  | { readonly type: 'turns'; readonly name: string; readonly turns: number };

/** Of the measure of the event loop's delay, in milliseconds. */
export const DELAY_RESOLUTION_MS = 5;

export interface PlayResult {
  readonly lanes: readonly LaneResult[];
  /** By how much sends, requests and turns began after they were due. */
  readonly lateness: string;
  /** Of one core. */
  readonly processorShare: number;
  readonly eventLoopDelayP99Ms: number;
  /** Where it ran, and how many cores it may use there. */
  readonly host: string;
  readonly cores: number;
  readonly traffic: Traffic;
}

export interface ConnectFailures {
  readonly count: number;
  /** What the first of them said. */
  readonly first: string | undefined;
}

/** What is asked after all has come to rest. */
export interface Aftermath {
  readonly timeline: readonly OwnMoment[];
  /** Final refusals: code → how often. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Attempts beyond the first of a message. */
  readonly repeated: number;
  /** Events that came to devices that had been given them. */
  readonly again: number;
  /** Entries of inboxes whose cursor was not beyond the one before, on the same connection. */
  readonly cursorsBack: number;
  /** Close code → how often. */
  readonly closes: Readonly<Record<string, number>>;
  /** Of every welcome since the clock started, from when the device was to connect, or lost its connection. */
  readonly connecting: string;
  readonly connectFailures: ConnectFailures;
  readonly presenceFrames: number;
  readonly presenceStates: number;
  /** Users who are not connected, or have sends that are not settled: the checker expects nothing of them. */
  readonly absent: readonly number[];
  readonly lanes: readonly LaneResult[];
  readonly timed: Timed;
}

/** Which of a generator's messages count, and of what line each is. */
export interface Timed {
  /** Of its first message that counts, in the order in which it sent them, and of the first after the last. */
  readonly from: number;
  readonly to: number;
  /** A byte for each message, in base64: a place in `names`. */
  readonly lanes: string;
  readonly names: readonly string[];
}

export interface LogsRead {
  readonly logs: readonly ChannelLog[];
  /** Of the others: which channel, and what was said instead. */
  readonly unread: readonly string[];
}

export interface Progress {
  readonly sent: number;
  readonly acknowledged: number;
  /** Messages given to others than their senders. */
  readonly deliveredToOthers: number;
  readonly refused: number;
  readonly unsettled: number;
  /** Devices that read history to close a gap, once for each channel. */
  readonly catchingUp: number;
  /** Readers who lack something of what is due, once for each channel: 0 before a `due` says what. */
  readonly behind: number;
  /** Welcomed by the server. */
  readonly connected: number;
  /** All others. */
  readonly away: number;
  /** Of those: the server told them not to come back. */
  readonly gaveUp: number;
  /** Since the start, or since the clock started. */
  readonly connectFailures: ConnectFailures;
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
  // ---- of scenario files: see player.ts
  /** This is one of several generators; before anything else. Channels come in the order of their lines. */
  | { readonly type: 'enlist'; readonly generator: number; readonly generators: number }
  /** The first member makes it, the first `writers` may write; answers with the id and the head. */
  | {
      readonly type: 'make_channel';
      readonly kind: 'group' | 'broadcast';
      readonly name: string;
      readonly members: UserRange;
      readonly writers: number;
    }
  /** Offers all lanes at once; answers with a PlayResult after `seconds`. */
  | {
      readonly type: 'play';
      readonly lanes: readonly LaneOrder[];
      readonly warmUpSeconds: number;
      readonly seconds: number;
      readonly momentMs: number;
      readonly timedUsers: number;
    }
  /** A share of the users loses its connections. */
  | { readonly type: 'cut'; readonly share: number; readonly seed: number }
  /** A share of the users leaves for a time, and comes back spread over another. */
  | {
      readonly type: 'absence';
      readonly share: number;
      readonly seed: number;
      readonly forSeconds: number;
      readonly overSeconds: number;
    }
  | { readonly type: 'watch_presence'; readonly watchers: UserRange; readonly watched: UserRange }
  /** Those who are away come back. */
  | { readonly type: 'gather'; readonly overSeconds: number }
  /** Answers with the whole logs of channels, as a member reads them: LogsRead. */
  | {
      readonly type: 'read_logs';
      readonly channels: readonly { readonly channelId: string; readonly reader: number }[];
    }
  | { readonly type: 'progress' }
  /** Answers with what was acknowledged to this generator's users: channel → Top. */
  | { readonly type: 'tops' }
  /** What the members of these channels are due, wherever it was sent: `progress` counts from now on who lacks it. */
  | { readonly type: 'due'; readonly channels: readonly DueChannel[] }
  /** All fan-out channels are read up to their heads. */
  | { readonly type: 'catch_up' }
  | { readonly type: 'aftermath' }
  /** Answers with the ledger in base 64. */
  | { readonly type: 'take_ledger'; readonly from: number; readonly length: number }
  | { readonly type: 'disconnect'; readonly which: Which };

export interface LoadResult {
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  /** For good. */
  readonly refused: number;
  /** Attempts beyond the first of a message. */
  readonly repeated: number;
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

/** An order as it travels: several may be under way. */
export interface Numbered {
  readonly id: number;
  readonly order: Order;
}

export type Report = { readonly id: number } & (
  | { readonly type: 'done'; readonly value: unknown }
  | { readonly type: 'failed'; readonly sentence: string }
  /** Measuring begins, or ends: the time to read the server's counters. */
  | { readonly type: 'measuring' }
  | { readonly type: 'measured' }
);
