import type { admin } from '../../protocol/admin-messages.js';
import { Long } from '../../protocol/wire.js';

/** Events that wait for one reader, at most. */
const WAITING_MAX = 1_000;

/** What one reader of the stream has not got yet. When it is full the oldest go, and the reader is told how many. */
export class EventBuffer {
  private readonly waiting: admin.IClusterEvent[] = [];
  private lost = 0;
  private failure: { readonly cause: unknown } | undefined;
  private wake: () => void = () => undefined;

  push(event: admin.IClusterEvent): void {
    if (this.waiting.length >= WAITING_MAX) {
      this.waiting.shift();
      this.lost++;
    }
    this.waiting.push(event);
    this.wake();
  }

  /** Nothing more comes: the reader is told why, after what waits. */
  fail(cause: unknown): void {
    this.failure = { cause };
    this.wake();
  }

  /** The next one, as soon as there is one; undefined when nobody wants to know any more. Rejects with what was failed with. */
  async next(signal: AbortSignal): Promise<admin.IClusterEvent | undefined> {
    while (this.waiting.length === 0 && this.failure === undefined && !signal.aborted) await this.change(signal);
    if (signal.aborted) return undefined;
    if (this.waiting.length === 0 && this.failure !== undefined) throw this.failure.cause;
    if (this.lost === 0) return this.waiting.shift();
    const lost = this.lost;
    this.lost = 0;
    const atMs = this.waiting[0]?.atMs ?? Long.UZERO;
    return { atMs, type: 'lag', subject: '', text: `${lost} events came faster than they were read.`, lost };
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        this.wake = () => undefined;
        resolve();
      };
      this.wake = end;
      signal.addEventListener('abort', end);
    });
  }
}
