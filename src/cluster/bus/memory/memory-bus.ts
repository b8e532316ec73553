import type { Bus, Subscription } from '../../../core/bus.js';
import type { Clock } from '../../../core/clock.js';
import { sleep } from '../../../core/clock.js';
import { ParleyError } from '../../../core/errors.js';

type Handler<Envelope> = (envelopes: readonly Envelope[]) => void;

/** Envelopes a subject may have waiting; beyond that `publish` throws `overloaded`. */
const QUEUE_ENVELOPES_MAX = 1_000_000;

interface Subject<Envelope> {
  handlers: Set<Handler<Envelope>>;
  waiting: Envelope[];
}

/** The bus of one process: envelopes by reference, in a later turn of the event loop, many at a time. */
export class MemoryBus<Envelope> implements Bus<Envelope> {
  private readonly clock: Clock;
  private readonly subjects = new Map<string, Subject<Envelope>>();
  private ready: Subject<Envelope>[] = [];
  private scheduled = false;
  private closed = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  publish(subject: string, envelopes: readonly Envelope[]): void {
    const target = this.subjects.get(subject);
    if (target === undefined || this.closed || envelopes.length === 0) return;
    if (target.waiting.length + envelopes.length > QUEUE_ENVELOPES_MAX) {
      throw new ParleyError('overloaded', { sentence: `The bus queue of ${subject} is full.`, retryAfterMs: 500 });
    }
    if (target.waiting.length === 0) this.ready.push(target);
    for (const envelope of envelopes) target.waiting.push(envelope);
    this.schedule();
  }

  subscribe(subject: string, handler: Handler<Envelope>): Promise<Subscription> {
    const target = this.subjects.get(subject) ?? { handlers: new Set(), waiting: [] };
    this.subjects.set(subject, target);
    target.handlers.add(handler);
    return Promise.resolve({
      unsubscribe: () => {
        target.handlers.delete(handler);
        if (target.handlers.size === 0) this.subjects.delete(subject);
      },
    });
  }

  async flush(deadlineMs: number): Promise<void> {
    const end = this.clock.monotonic() + deadlineMs;
    while (this.ready.length > 0) {
      if (this.clock.monotonic() > end) throw new ParleyError('timeout');
      await sleep(this.clock, 1);
    }
  }

  async close(): Promise<void> {
    await this.flush(1_000).catch(() => undefined);
    this.closed = true;
    this.subjects.clear();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.defer(() => this.deliver());
  }

  private deliver(): void {
    this.scheduled = false;
    const ready = this.ready;
    this.ready = [];
    for (const subject of ready) {
      const envelopes = subject.waiting;
      subject.waiting = [];
      for (const handler of subject.handlers) handler(envelopes);
    }
  }
}
