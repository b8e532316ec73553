import type { Bus, Subscription } from '../../../core/bus.js';
import type { Clock } from '../../../core/clock.js';
import { sleep } from '../../../core/clock.js';
import { ParleyError } from '../../../core/errors.js';
import { RETRY_AFTER_MS } from '../../../core/retry-after.js';
import type { EnvelopeCodec } from '../envelope-codec.js';

type Handler<Envelope> = (envelopes: readonly Envelope[]) => void;

export interface MemoryBusOptions<Envelope> {
  /** Envelopes a subject may have waiting; beyond that `publish` throws `overloaded`. Default 1,000,000. */
  readonly queueEnvelopesMax?: number;
  /** Passes every envelope through bytes, as between processes. Default: by reference. */
  readonly codec?: EnvelopeCodec<Envelope>;
}

const QUEUE_ENVELOPES_MAX = 1_000_000;

/** An object of its own for each subscription, so that one handler may be subscribed twice. */
interface Subscriber<Envelope> {
  readonly handler: Handler<Envelope>;
}

interface Subject<Envelope> {
  readonly subscribers: Set<Subscriber<Envelope>>;
  waiting: Envelope[];
}

/** The bus of one process: delivers in a later turn of the event loop, many envelopes at a time. */
export class MemoryBus<Envelope> implements Bus<Envelope> {
  private readonly clock: Clock;
  private readonly queueEnvelopesMax: number;
  private readonly codec: EnvelopeCodec<Envelope> | undefined;
  private readonly subjects = new Map<string, Subject<Envelope>>();
  private ready: Subject<Envelope>[] = [];
  private scheduled = false;
  private closed = false;

  constructor(clock: Clock, { queueEnvelopesMax = QUEUE_ENVELOPES_MAX, codec }: MemoryBusOptions<Envelope> = {}) {
    this.clock = clock;
    this.queueEnvelopesMax = queueEnvelopesMax;
    this.codec = codec;
  }

  publish(subject: string, envelopes: readonly Envelope[]): void {
    const target = this.subjects.get(subject);
    if (target === undefined || this.closed || envelopes.length === 0) return;
    if (target.waiting.length + envelopes.length > this.queueEnvelopesMax) {
      throw new ParleyError('overloaded', {
        sentence: `The bus queue of ${subject} is full.`,
        retryAfterMs: RETRY_AFTER_MS.queue,
      });
    }
    const carried = this.carry(envelopes);
    if (target.waiting.length === 0) this.ready.push(target);
    for (const envelope of carried) target.waiting.push(envelope);
    this.schedule();
  }

  private carry(envelopes: readonly Envelope[]): readonly Envelope[] {
    const { codec } = this;
    return codec === undefined ? envelopes : codec.encode(envelopes).flatMap((payload) => codec.decode(payload));
  }

  subscribe(subject: string, handler: Handler<Envelope>): Promise<Subscription> {
    const target = this.subjects.get(subject) ?? { subscribers: new Set(), waiting: [] };
    const subscriber = { handler };
    this.subjects.set(subject, target);
    target.subscribers.add(subscriber);
    return Promise.resolve({
      unsubscribe: () => {
        const left = target.subscribers.delete(subscriber);
        if (left && target.subscribers.size === 0) this.subjects.delete(subject);
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
    this.clock.defer(this.deliver);
  }

  private readonly deliver = (): void => {
    this.scheduled = false;
    if (this.closed) return;
    const ready = this.ready;
    this.ready = [];
    for (const subject of ready) {
      const envelopes = subject.waiting;
      subject.waiting = [];
      for (const { handler } of subject.subscribers) handler(envelopes);
    }
  };
}
