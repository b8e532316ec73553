import type { Logger } from '../../../core/logger.js';
import type { ConsulHttp, KeyValue } from './consul-http.js';

/**
 * Stands for one key that only a session can hold. It says `elected` only while the registry was lately seen to say so; the
 * store, not this, decides who may write.
 */
export class Election {
  private readonly http: ConsulHttp;
  private readonly key: string;
  private readonly logger: Logger;
  private readonly listener: (elected: boolean) => void;
  private readonly self: () => { readonly session: string | undefined; readonly incarnation: string };
  private elected = false;
  private asking = false;
  private stopped = false;

  constructor(
    http: ConsulHttp,
    key: string,
    self: () => { readonly session: string | undefined; readonly incarnation: string },
    listener: (elected: boolean) => void,
    logger: Logger,
  ) {
    this.http = http;
    this.key = key;
    this.self = self;
    this.listener = listener;
    this.logger = logger;
  }

  /** What the registry has under the key now. */
  seen(entry: KeyValue | undefined): void {
    if (this.stopped) return;
    const { session } = this.self();
    const holder = entry?.session;
    this.tell(session !== undefined && holder === session);
    if (holder === undefined && session !== undefined) void this.stand(session);
  }

  /** The registry cannot be asked: whether this process is elected, it cannot tell. */
  unreachable(): void {
    this.tell(false);
  }

  async stop(): Promise<void> {
    this.tell(false);
    this.stopped = true;
    const { session } = this.self();
    if (session === undefined) return;
    await this.http
      .put(`/v1/kv/${this.key}?release=${session}`)
      .catch((cause: unknown) => this.logger.debug({ err: cause }, 'the key is left to lapse'));
  }

  private tell(elected: boolean): void {
    if (this.stopped || this.elected === elected) return;
    this.elected = elected;
    this.listener(elected);
  }

  private async stand(session: string): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const taken = await this.http.put(`/v1/kv/${this.key}?acquire=${session}`, this.self().incarnation);
      if (taken.trim() === 'true' && this.self().session === session) this.tell(true);
    } catch (cause) {
      this.logger.debug({ err: cause }, 'the election waits for the registry');
    }
    this.asking = false;
  }
}
