import type { Clock } from '../../core/clock.js';
import type { OwnershipStore } from '../../core/store.js';

const READ_MS = 1_000;
/** One read that times out, after two seconds, is not enough: the next one has no answer either by then. */
const UNREACHABLE_MS = 4_000;

/** Reads the own fence once a second, so that an idle node hears that it was fenced; and whether the store answers. */
export class FenceWatch {
  private readonly ownership: OwnershipStore;
  private readonly incarnation: string;
  private readonly clock: Clock;
  private readonly onFenced: () => void;
  private answeredMs = 0;
  private stopped = false;

  constructor(ownership: OwnershipStore, incarnation: string, clock: Clock, onFenced: () => void) {
    this.ownership = ownership;
    this.incarnation = incarnation;
    this.clock = clock;
    this.onFenced = onFenced;
  }

  get storeReachable(): boolean {
    return this.clock.monotonic() - this.answeredMs < UNREACHABLE_MS;
  }

  /** To be called when the fence has been inserted. */
  start(): void {
    this.answeredMs = this.clock.monotonic();
    this.readLater();
  }

  stop(): void {
    this.stopped = true;
  }

  private readLater(): void {
    this.clock.after(READ_MS, () => {
      if (!this.stopped) void this.read();
    });
  }

  private async read(): Promise<void> {
    const state = await this.ownership.readFence(this.incarnation).catch(() => 'unknown' as const);
    if (state !== 'unknown') this.answeredMs = this.clock.monotonic();
    if (state === 'live' || state === 'unknown') this.readLater();
    else if (!this.stopped) this.onFenced();
  }
}
