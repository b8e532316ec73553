import type { Verdict } from '../../checker/history.js';
import type { ConnectFailures } from '../load/generator/orders.js';
import type { Moment } from '../load/record/timeline.js';
import type { Settings } from '../load/scenario/scenario.js';
import type { Traffic } from '../load/transport/connection.js';
import type { StoreVerdict } from '../stage/verify.js';
import type { Quantiles } from './quantiles.js';

/** One line of a scenario, as it went while it was measured. */
export type LineResult =
  | {
      readonly type: 'messages';
      readonly name: string;
      readonly offeredPerSecond: number;
      readonly sent: number;
      readonly acknowledged: number;
      /** To others than the sender. */
      readonly delivered: number;
      readonly refused: number;
      /** From when a message was due. */
      readonly acknowledgement: Quantiles;
      readonly delivery: Quantiles;
      /** To those who had left when the message was due, from when they were to be back; in no other times. */
      readonly afterReturn?: Quantiles;
    }
  | {
      readonly type: 'requests';
      readonly name: string;
      readonly offeredPerSecond: number;
      readonly answered: number;
      readonly failed: number;
      readonly failure: string | undefined;
      readonly latency: Quantiles;
    };

export interface IncidentResult {
  readonly at: number;
  readonly what: string;
  /** Until the server was ready again, or the clients were asked to come back. */
  readonly tookSeconds: number;
  readonly failure: string | undefined;
}

export interface VariantResult {
  readonly name: string;
  readonly settings: Omit<Settings, 'talk' | 'meanwhile' | 'random'>;
  readonly lines: readonly LineResult[];
  readonly incidents: readonly IncidentResult[];
  /** Of the server, while it was measured; undefined where nobody could tell. */
  readonly processorSeconds: number | undefined;
  readonly microsecondsPerMessage: number | undefined;
  readonly residentMib: number | undefined;
  readonly connectedMib: number | undefined;
  readonly traffic: Traffic;
  /** Of those who connected since the clock started, from when they were to, or lost their connection. */
  readonly connecting: Quantiles;
  /** Since the clock started. */
  readonly connectFailures: ConnectFailures;
  /** Close code → how often clients lost a connection by it. */
  readonly closes: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  /** Sends that went out once more: refused for the moment, or lost with their connection. */
  readonly repeated: number;
  /** Events that came to devices that had been given them, and were dropped there: more than 0 where connections were lost. */
  readonly again?: number;
  /** Entries of inboxes whose cursor was not beyond the one before, on the same connection: never right. */
  readonly cursorsBack?: number;
  readonly presence: { readonly frames: number; readonly states: number };
  readonly momentMs: number;
  readonly timeline: readonly Moment[];
  readonly generators: readonly {
    readonly share: number;
    readonly lateP99Ms: number;
    readonly delayP99Ms: number;
    readonly host?: string;
    /** That it may use there. */
    readonly cores?: number;
  }[];
  /** The generator, not the server, set the limit: the figures say less than they seem to. */
  readonly generatorWasLimit: boolean;
  /** Everything came to rest in time: no send unsettled, nothing on the way. */
  readonly cameToRest: boolean;
  readonly absent: number;
  /** How the server ended by itself. */
  readonly endedByItself?: string | undefined;
  /** Logs of which the verdict says nothing: which channel, and why. */
  readonly unread?: readonly string[];
  readonly verdict: Verdict;
  /** Undefined where nobody can look. */
  readonly store?: StoreResult | undefined;
}

/** What `parley verify` said at the end, or why it could not. */
export type StoreResult = StoreVerdict | { readonly failure: string };

/** Of a guarantee, as clients or `parley verify` see it, or of what the protocol says of cursors. */
export const hasBreach = ({ verdict, cursorsBack = 0, store }: VariantResult): boolean =>
  verdict.findings.length > 0 || cursorsBack > 0 || breachesIn(store) > 0;

export const breachesIn = (store: StoreResult | undefined): number =>
  store !== undefined && 'breachesFound' in store ? store.breachesFound : 0;

export interface LoadReport {
  readonly format: 1;
  readonly scenario: string;
  readonly about: string;
  readonly stage: string;
  readonly seed: number;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly variants: readonly VariantResult[];
  readonly notMeasured: readonly string[];
}
