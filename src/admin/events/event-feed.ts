/** What happens in the cluster, to every operator who reads along; nothing is watched while nobody does. */
import type { Bus, Subscription } from '../../core/bus.js';
import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { EVENTS_SUBJECT } from '../../protocol/bus-subjects.js';
import { Long } from '../../protocol/wire.js';
import { ClusterObserver, type ObserverDeps } from './cluster-observer.js';
import { EventBuffer } from './event-buffer.js';

const READERS_MAX = 64;

interface Watch {
  readonly observer: ClusterObserver;
  readonly subscription: Subscription;
}

export class EventFeed {
  private readonly deps: ObserverDeps & { readonly bus: Bus<BusEnvelope> };
  private readonly readers = new Set<EventBuffer>();
  /** Settles when what happens is told; there is one while anybody reads, and one that begins goes on when nobody does. */
  private beginning: Promise<void> | undefined;
  private watch: Watch | undefined;

  constructor(deps: ObserverDeps) {
    this.deps = deps;
  }

  /**
   * A place among the readers, until it is closed. `watching` is in it once everything that happens from then on is; its
   * reader gets the error when nothing can be told. Throws `overloaded` at too many readers.
   */
  open(): EventBuffer {
    if (this.readers.size >= READERS_MAX)
      throw new ParleyError('overloaded', {
        sentence: 'As many read along as can.',
        retryAfterMs: RETRY_AFTER_MS.room,
      });
    const buffer = new EventBuffer();
    this.readers.add(buffer);
    this.beginning ??= this.begin();
    this.beginning.then(
      () => buffer.push(this.eventOf('watching', '', 'What happens from now on is told.')),
      (error: unknown) => buffer.fail(error),
    );
    return buffer;
  }

  close(buffer: EventBuffer): void {
    this.readers.delete(buffer);
    this.endUnread();
  }

  private endUnread(): void {
    if (this.readers.size > 0 || this.watch === undefined) return;
    this.watch.observer.stop();
    this.watch.subscription.unsubscribe();
    this.watch = undefined;
    this.beginning = undefined;
  }

  private async begin(): Promise<void> {
    try {
      this.watch = await this.startWatch();
    } catch (error) {
      this.beginning = undefined;
      throw error;
    }
    this.endUnread();
  }

  /** Leaves nothing behind when it rejects. */
  private async startWatch(): Promise<Watch> {
    const observer = new ClusterObserver(this.deps, (type, subject, text) =>
      this.push(this.eventOf(type, subject, text)),
    );
    const subscription = await this.deps.bus.subscribe(EVENTS_SUBJECT, (envelopes) => {
      for (const envelope of envelopes) if (envelope.type === 'operations_event') this.push(envelope.event);
    });
    try {
      await observer.start();
    } catch (error) {
      observer.stop();
      subscription.unsubscribe();
      throw error;
    }
    return { observer, subscription };
  }

  private eventOf(type: string, subject: string, text: string): admin.IClusterEvent {
    return { atMs: Long.fromNumber(this.deps.clock.now(), true), type, subject, text, process: '', lost: 0 };
  }

  private push(event: admin.IClusterEvent): void {
    for (const reader of this.readers) reader.push(event);
  }
}
