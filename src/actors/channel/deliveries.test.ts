import { expect, it } from 'vitest';
import type { ActorHost } from '../../cluster/actor-host.js';
import { LIMITS } from '../../core/limits.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { Notice } from '../../protocol/bus-messages.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { v1 } from '../../protocol/wire.js';
import { Deliveries } from './deliveries.js';
import { Lags } from './lag.js';

it.each([undefined, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }])(
  'an event is decoded until the last recipient has looked at it, traced by %o',
  (trace) => {
    const sent: EncodedEvent[] = [];
    const tell = (_: string, notice: Notice): void => {
      if (notice.type === 'deliver') sent.push(notice.event);
    };
    const host = { clock: new FakeClock(), tell } as unknown as ActorHost;
    const source = { id: 'g1', host, committedHead: 1 } as unknown as ConstructorParameters<typeof Deliveries>[0];
    const due = Array.from({ length: LIMITS.tracedRecipientsMax + 3 }, (_, index) => `user${index}`);
    const event = EncodedEvent.of(v1.Event.create({ channelId: 'g1', seq: 1 })).tracedBy(trace);
    new Deliveries(source, new Lags()).send(event, due, '');
    const traced = trace === undefined ? due.length : LIMITS.tracedRecipientsMax;
    expect(sent.filter((handed) => handed.trace === trace)).toHaveLength(traced);
    for (const handed of sent) {
      expect(handed.resting).toBe(false);
      handed.looked();
    }
    expect([event, ...sent].filter(({ resting }) => !resting)).toEqual([]);
  },
);

it('what a recipient lacks is read in pieces, however far apart it lies', async () => {
  const reads: [number, number][] = [];
  const sent: Extract<Notice, { type: 'deliver' }>[] = [];
  const tell = (_: string, notice: Notice): void => {
    if (notice.type === 'deliver') sent.push(notice);
  };
  const clock = new FakeClock();
  const source = {
    ...{ id: 'g1', committedHead: 5_000, host: { clock, tell }, context: { alive: true } },
    events: (from: number, to: number) => {
      reads.push([from, to]);
      const seqs = Array.from({ length: to - from }, (_, index) => from + index);
      return Promise.resolve(seqs.map((seq) => EncodedEvent.of(v1.Event.create({ channelId: 'g1', seq }))));
    },
  } as unknown as ConstructorParameters<typeof Deliveries>[0];
  const deliveries = new Deliveries(source, new Lags());
  for (const seq of [10, 20, 4_000]) deliveries.owe(['bob'], seq);
  deliveries.sendAgain();
  await clock.settle();
  expect(reads).toEqual([[10, 21]]);
  deliveries.confirm('bob', 20, false);
  await clock.settle();
  expect(reads.slice(1)).toEqual([[4_000, 4_001]]);
  expect(sent.map(({ previousSeq, event }) => [previousSeq, event.value.seq])).toEqual([
    [0, 10],
    [10, 20],
    [0, 4_000],
  ]);
});
