/** What happens in the cluster, to every operator who reads along; nothing is watched while nobody does. */
import type { Bus, Subscription } from '../../core/bus.js';
import { ParleyError } from '../../core/errors.js';
import type { admin } from '../../protocol/admin-messages.js';
import { type BusEnvelope, EVENTS_SUBJECT } from '../../protocol/bus-messages.js';
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
  private watch: Promise<Watch> | undefined;

  constructor(deps: ObserverDeps) {
    this.deps = deps;
  }

  /** Resolves when everything that happens from now on comes into the buffer. Throws `overloaded` at too many readers. */
  async open(): Promise<EventBuffer> {
    if (this.readers.size >= READERS_MAX)
      throw new ParleyError('overloaded', { sentence: 'As many read along as can.', retryAfterMs: 10_000 });
    const buffer = new EventBuffer();
    this.readers.add(buffer);
    this.watch ??= this.begin();
    try {
      await this.watch;
    } catch (error) {
      this.watch = undefined;
      this.readers.delete(buffer);
      throw error;
    }
    buffer.push(this.eventOf('watching', '', 'What happens from now on is told.'));
    return buffer;
  }

  close(buffer: EventBuffer): void {
    this.readers.delete(buffer);
    if (this.readers.size > 0) return;
    this.watch
      ?.then(({ observer, subscription }) => {
        observer.stop();
        subscription.unsubscribe();
      })
      .catch(() => undefined); // it never began
    this.watch = undefined;
  }

  private async begin(): Promise<Watch> {
    const observer = new ClusterObserver(this.deps, (type, subject, text) =>
      this.push(this.eventOf(type, subject, text)),
    );
    const subscription = await this.deps.bus.subscribe(EVENTS_SUBJECT, (envelopes) => {
      for (const envelope of envelopes) if (envelope.type === 'operations_event') this.push(envelope.event);
    });
    await observer.start();
    return { observer, subscription };
  }

  private eventOf(type: string, subject: string, text: string): admin.IClusterEvent {
    return { atMs: Long.fromNumber(this.deps.clock.now(), true), type, subject, text, process: '', lost: 0 };
  }

  private push(event: admin.IClusterEvent): void {
    for (const reader of this.readers) reader.push(event);
  }
}
