import { expect, it } from 'vitest';
import { type ErrorName, ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { silentLogger } from '../../core/logger.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { stored } from '../../protocol/stored.js';
import { Long, v1 } from '../../protocol/wire.js';
import { FormerCopies } from './former-copies.js';
import { emptyChannel } from './state.js';

const MAX = LIMITS.erasuresWaitingMax;

/** A channel where bob left at 4, and carol at 6. */
function setUp(erasedSeq = 3) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const owedFrom = new Map<string, number>();
  const refused = new Set<string>();
  const state = {
    asked,
    owedFrom,
    refused,
    refusal: 'timeout' as ErrorName,
    read: [] as string[],
    formsWritten: 0,
    clock,
  };
  const bodyOf = (seq: number): v1.IEvent => {
    if (seq === 4) return { left: { userId: 'bob' } };
    if (seq === 6) return { left: { userId: 'carol' } };
    return { erased: { seq: erasedSeq, createdAt: Long.fromNumber(clock.now(), true) } };
  };
  const eventAt = (seq: number): v1.Event => v1.Event.create({ channelId: 'g', seq, ...bodyOf(seq) });
  const channel = {
    ...{ id: 'g', state: { ...emptyChannel(), newestLeftSeq: 6 }, writeForms: () => state.formsWritten++ },
    context: { id: 'channel:g', alive: true, requestTick: () => undefined, crash: expect.unreachable },
    host: {
      ...{ clock, logger: silentLogger, committer: { commit: async () => undefined } },
      ask: async (actor: string, { seqs }: { seqs: number[] }) => {
        asked.push(`${actor} ${seqs.join(' ')}`);
        if (refused.has(actor)) throw new ParleyError(state.refusal);
      },
    },
    deliveries: { owedFrom: (userId: string) => owedFrom.get(userId) ?? 0 },
    events: async (from: number, to: number) => {
      state.read.push(`${from}-${to}`);
      return Array.from({ length: to - from }, (_, at) => EncodedEvent.of(eventAt(from + at)));
    },
    ownRecords: { write: (key: string, value: Uint8Array) => ({ key, value }) },
  } as unknown as ConstructorParameters<typeof FormerCopies>[0];
  const copies = new FormerCopies(channel);
  const tick = async (): Promise<readonly string[]> => {
    await clock.advance(1_000);
    copies.tick();
    await clock.settle();
    return asked.splice(0);
  };
  return { state, copies, tick, eventAt };
}

const seqsOf = (writes: readonly unknown[]): readonly number[] =>
  stored.WaitingSeqs.decode((writes[0] as { value: Uint8Array }).value).seqs;

it('are asked for of those who left between a message and its deletion, until each has answered', async () => {
  const { state, copies, tick, eventAt } = setUp();
  state.refused.add('user:carol');
  expect(seqsOf(copies.note([eventAt(5), eventAt(7)]))).toEqual([5, 7]);
  expect(await tick()).toEqual(['user:bob 3 3', 'user:carol 3']);
  expect(await tick()).toEqual([]);
  await state.clock.advance(10_000);
  state.refused.clear();
  expect(await tick()).toEqual(['user:carol 3']);
  expect(copies.waits).toBe(false);
});

it('are asked for again, and crash nothing, when somebody’s actor fails by an error of its own', async () => {
  const { state, copies, tick, eventAt } = setUp();
  state.refused.add('user:bob');
  state.refusal = 'internal';
  copies.note([eventAt(7)]);
  expect(await tick()).toEqual(['user:bob 3', 'user:carol 3']);
  expect(await tick()).toEqual([]);
  await state.clock.advance(10_000);
  expect(await tick()).toEqual(['user:bob 3']);
});

it('are not asked for while the message may be on its way there', async () => {
  const { state, copies, tick, eventAt } = setUp();
  state.owedFrom.set('bob', 3);
  copies.note([eventAt(7)]);
  expect(await tick()).toEqual(['user:carol 3']);
  state.owedFrom.set('bob', 8); // of another time as a member
  expect(await tick()).toEqual(['user:bob 3']);
  expect(copies.waits).toBe(false);
});

it('are a bounded list, in which nobody is in the way of others', async () => {
  const { state, copies, tick, eventAt } = setUp();
  state.refused.add('user:bob');
  for (let seq = 7; seq < MAX + 7; seq++) copies.note([eventAt(seq)]);
  expect(() => copies.note([eventAt(MAX + 7)])).toThrow(expect.objectContaining({ kind: 'overloaded' }));
  expect(seqsOf(copies.note([eventAt(7)]))).toHaveLength(MAX);
  const carols: string[] = [];
  for (let round = 0; round < MAX / 100; round++) {
    carols.push(...(await tick()).filter((asked) => asked.startsWith('user:carol')));
    await state.clock.advance(10_000);
  }
  expect(carols.flatMap((asked) => asked.split(' ').slice(1))).toHaveLength(MAX);
  state.refused.clear();
  for (let round = 0; round < MAX / 100; round++) await tick();
  expect([copies.waits, state.formsWritten]).toEqual([false, 1]);
});

it('are looked for in the log once', async () => {
  const { state, copies, tick, eventAt } = setUp();
  copies.note([eventAt(7)]);
  await tick();
  expect(state.read).toEqual(['7-8', '3-7']);
  copies.note([eventAt(9)]);
  await tick();
  expect(state.read.slice(2)).toEqual(['9-10']); // nobody has left since
});

it('are not looked for when nobody has left since the message', () => {
  const { copies, eventAt } = setUp(7);
  expect([copies.note([eventAt(9)]), copies.waits]).toEqual([[], false]);
});
