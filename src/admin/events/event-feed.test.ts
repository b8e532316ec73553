import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { NO_ORDERS } from '../../core/membership.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { EVENTS_SUBJECT } from '../../protocol/bus-subjects.js';
import { Long } from '../../protocol/wire.js';
import { watchEvents } from '../handlers/events.js';
import type { Call } from '../methods.js';
import type { ObserverDeps } from './cluster-observer.js';
import { EventFeed } from './event-feed.js';

type Handler = (envelopes: readonly BusEnvelope[]) => void;

/** A bus that may be away: then a subscription waits until it is back. */
class Cluster {
  readonly clock = new FakeClock();
  readonly handlers: { readonly subject: string; readonly handler: Handler }[] = [];
  readonly feed: EventFeed;
  /** What the processes say when they are asked for their shards. */
  asked: () => Promise<object> = async () => ({ answers: [], silent: [] });
  private waiting: (() => void)[] | undefined;

  constructor() {
    const subscribe = async (subject: string, handler: Handler) => {
      const entry = { subject, handler };
      await new Promise<void>((resolve) => (this.waiting === undefined ? resolve() : this.waiting.push(resolve)));
      this.handlers.push(entry);
      return { unsubscribe: () => this.handlers.splice(this.handlers.indexOf(entry), 1) };
    };
    const deps = {
      ...{ clock: this.clock, bus: { subscribe }, asker: { askAll: () => this.asked() } },
      membership: { processes: () => [] },
      board: { orders: () => NO_ORDERS, placement: () => undefined },
    };
    this.feed = new EventFeed(deps as unknown as ObserverDeps);
  }

  away(): void {
    this.waiting = [];
  }

  async back(): Promise<void> {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const resume of waiting) resume();
    await this.clock.settle();
  }

  happens(subject: string): void {
    const event = { atMs: Long.UZERO, type: 'audit', subject, text: '', process: '', lost: 0 };
    for (const { subject: to, handler } of this.handlers)
      if (to === EVENTS_SUBJECT) handler([{ type: 'operations_event', event }]);
  }

  /** Reads along until `leave`; `got` is what came, or the name of the error. */
  async read(): Promise<{ readonly got: string[]; leave(): Promise<void> }> {
    const got: string[] = [];
    const ended = new AbortController();
    const call = { signal: ended.signal } as Call;
    const run = async (): Promise<void> => {
      for await (const { type, subject } of watchEvents(this.feed, {}, call)) got.push(`${type} ${subject}`.trim());
    };
    const end = run().catch((error: ParleyError) => got.push(error.kind));
    await this.clock.settle();
    const leave = async (): Promise<void> => {
      ended.abort();
      await end;
      await this.clock.settle();
    };
    return { got, leave };
  }
}

describe('the feed of events', () => {
  it('refuses a type that there is not, since nobody waits for what never comes', async () => {
    const events = watchEvents({} as EventFeed, { types: ['audit', 'proces_left'] }, {} as Call);
    await expect(events.next()).rejects.toMatchObject({
      kind: 'invalid_argument',
      message: expect.stringContaining('"proces_left"; there are process_joined, ') as string,
    });
  });

  it('tells every reader once what happens from then on, and listens only while somebody reads', async () => {
    const cluster = new Cluster();
    const one = await cluster.read();
    cluster.happens('first');
    const two = await cluster.read();
    cluster.happens('second');
    await cluster.clock.settle();
    expect(one.got).toEqual(['watching', 'audit first', 'audit second']);
    expect(two.got).toEqual(['watching', 'audit second']);
    await one.leave();
    expect(cluster.handlers).toHaveLength(2);
    await two.leave();
    expect(cluster.handlers).toEqual([]);
  });

  it('keeps no place for a reader who went while the bus was away, however often they tried', async () => {
    const cluster = new Cluster();
    cluster.away();
    for (let i = 0; i < 65; i++) {
      const reader = await cluster.read();
      await reader.leave();
      expect(reader.got).toEqual([]);
    }
    await cluster.back();
    expect(cluster.handlers).toEqual([]);
    const reader = await cluster.read();
    cluster.happens('once');
    await cluster.clock.settle();
    expect(reader.got).toEqual(['watching', 'audit once']);
  });

  it('tells those who waited for the bus as soon as it is back', async () => {
    const cluster = new Cluster();
    cluster.away();
    const gone = await cluster.read();
    await gone.leave();
    const patient = await cluster.read();
    await cluster.back();
    cluster.happens('once');
    await cluster.clock.settle();
    expect(patient.got).toEqual(['watching', 'audit once']);
    await patient.leave();
    expect(cluster.handlers).toEqual([]);
  });

  it('listens to nothing after a beginning that failed, and tells the next reader once', async () => {
    const cluster = new Cluster();
    cluster.asked = async () => {
      throw new ParleyError('overloaded');
    };
    const refused = await Promise.all([cluster.read(), cluster.read()]);
    expect(refused.map(({ got }) => got)).toEqual([['overloaded'], ['overloaded']]);
    expect(cluster.handlers).toEqual([]);
    cluster.asked = async () => ({ answers: [], silent: [] });
    const reader = await cluster.read();
    cluster.happens('once');
    await cluster.clock.settle();
    expect(reader.got).toEqual(['watching', 'audit once']);
  });

  it('refuses one reader too many', async () => {
    const cluster = new Cluster();
    const readers = await Promise.all(Array.from({ length: 64 }, () => cluster.read()));
    const more = await cluster.read();
    expect(more.got).toEqual(['overloaded']);
    await readers[0]?.leave();
    expect((await cluster.read()).got).toEqual(['watching']);
  });
});
