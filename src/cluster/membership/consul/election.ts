import { type Clock, sleep } from '../../../core/clock.js';
import type { Logger } from '../../../core/logger.js';
import type { ConsulHttp, KeyValue } from './consul-http.js';

const RETRY_MS = 500;
/** How often the key is given up: one that is not stays held for as long as the process lives. */
const RELEASES_MAX = 3;

export interface ElectionOptions {
  readonly http: ConsulHttp;
  readonly key: string;
  /** `session`: which the registry may have ended; undefined: there is none yet. */
  readonly self: () => { readonly session: string | undefined; readonly incarnation: string };
  readonly listener: (elected: boolean) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Stands for one key that only a session can hold. It says `elected` only while the registry was lately seen to say so; the
 * store, not this, decides who may write.
 */
export class Election {
  private readonly options: ElectionOptions;
  private elected = false;
  /** Whether nobody held the key when it was last looked at. */
  private isFree = false;
  private asking = false;
  private claiming: Promise<void> = Promise.resolve();
  private stopped = false;
  private cancelRetry: () => void = () => undefined;

  constructor(options: ElectionOptions) {
    this.options = options;
  }

  /** What the registry has under the key now. */
  seen(entry: KeyValue | undefined): void {
    if (this.stopped) return;
    const { session } = this.options.self();
    const holder = entry?.session;
    this.isFree = holder === undefined;
    this.tell(session !== undefined && holder === session);
    void this.stand();
  }

  /** The registry cannot be asked: whether this process is elected, it cannot tell. */
  unreachable(): void {
    this.isFree = false;
    this.tell(false);
  }

  async stop(): Promise<void> {
    this.tell(false);
    this.stopped = true;
    this.cancelRetry();
    await this.claiming;
    for (let attempt = 1; !(await this.release()) && attempt < RELEASES_MAX; attempt++)
      await sleep(this.options.clock, RETRY_MS);
  }

  /** False: the registry may not have heard it. */
  private async release(): Promise<boolean> {
    const { http, key, self, logger } = this.options;
    const { session } = self();
    if (session === undefined) return true;
    try {
      await http.put(`/v1/kv/${key}?release=${session}`);
      return true;
    } catch (cause) {
      logger.debug({ err: cause }, 'the key is not surely given up');
      return false;
    }
  }

  private tell(elected: boolean): void {
    if (this.stopped || this.elected === elected) return;
    this.elected = elected;
    this.options.listener(elected);
  }

  /** Again and again until the key is seen to be held: the registry may have ended the session, and the next one is still to come. */
  private async stand(): Promise<void> {
    if (this.asking || this.stopped || !this.isFree) return;
    this.asking = true;
    this.cancelRetry();
    this.claiming = this.claim();
    await this.claiming;
    this.asking = false;
    if (!this.stopped) this.cancelRetry = this.options.clock.after(RETRY_MS, () => void this.stand());
  }

  private async claim(): Promise<void> {
    const { http, key, self, logger } = this.options;
    const { session, incarnation } = self();
    if (session === undefined) return;
    try {
      const taken = (await http.put(`/v1/kv/${key}?acquire=${session}`, incarnation)).trim() === 'true';
      if (taken && self().session === session) this.tell(true);
    } catch (cause) {
      logger.debug({ err: cause }, 'the election waits for the registry');
    }
  }
}
