import { type BackoffSpan, backoffMs } from '../../../core/backoff.js';
import { type Clock, sleep } from '../../../core/clock.js';
import type { Logger } from '../../../core/logger.js';
import type { Random } from '../../../core/random.js';
import type { ConsulHttp, KeyValue } from './consul-http.js';

const WAIT_SECONDS = 10;
const AGAIN: BackoffSpan = { firstMs: 200, mostMs: 2_000 };

export interface WatchOptions {
  readonly http: ConsulHttp;
  readonly prefix: string;
  /** At least so long between two questions, milliseconds: what changes often is looked at in steps. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** What is there now; called whether it has changed or not. */
  readonly onEntries: (entries: readonly KeyValue[]) => void;
  /** The registry could not be asked, or can be again. */
  readonly onReachable: (reachable: boolean) => void;
}

/** Follows a prefix by blocking queries, for ever, through restarts of the registry. */
export class Watch {
  private readonly options: WatchOptions;
  private readonly stopping = new AbortController();
  private index = 0;
  private failures = 0;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Asks once, without waiting for a change. Rejects with `unavailable`. */
  async lookNow(): Promise<void> {
    const { http, prefix, onEntries } = this.options;
    onEntries((await http.entriesBelow(prefix, 0, WAIT_SECONDS, this.stopping.signal)).entries);
  }

  private async run(): Promise<void> {
    const { clock, pauseMs, random } = this.options;
    while (!this.stopping.signal.aborted) {
      const delayMs = (await this.look()) ? pauseMs : backoffMs(AGAIN, this.failures - 1, random);
      await sleep(clock, delayMs);
    }
  }

  private async look(): Promise<boolean> {
    const { http, prefix, logger, onEntries, onReachable } = this.options;
    const { signal } = this.stopping;
    try {
      const { index, entries } = await http.entriesBelow(prefix, this.index, WAIT_SECONDS, signal);
      if (signal.aborted) return true;
      // An index that went back belongs to another history: what it says is looked at from the start.
      this.index = index < this.index ? 0 : index;
      this.failures = 0;
      onReachable(true);
      onEntries(entries);
      return true;
    } catch (cause) {
      if (signal.aborted) return true;
      if (this.failures++ === 0) logger.warn({ err: cause, prefix }, 'the registry cannot be watched');
      this.index = 0;
      onReachable(false);
      return false;
    }
  }
}
