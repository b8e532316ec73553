import { expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { silentLogger } from '../../core/logger.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { stored } from '../../protocol/stored.js';
import type { ChannelIndex } from '../../search/channel-index.js';
import type { Channel } from './channel.js';
import { TakenBackWords } from './taken-back-words.js';

const MAX = LIMITS.searchTakenBackMax;

function setUp() {
  const clock = new FakeClock();
  const purges: (readonly number[])[] = [];
  const state = { failure: undefined as ParleyError | undefined, formsWritten: 0, purges, clock };
  const index = {
    purge: async (seqs: ReadonlySet<number>) => {
      purges.push([...seqs]);
      if (state.failure !== undefined) throw state.failure;
    },
  } as unknown as ChannelIndex;
  const channel = {
    ...{ id: 'friends', state: { hasForms: true }, writeForms: () => state.formsWritten++ },
    context: { id: 'channel:friends', alive: true, requestTick: () => undefined, crash: expect.unreachable },
    host: {
      ...{ clock, logger: silentLogger, store: { readRecord: async () => undefined } },
      committer: { commit: async () => undefined },
    },
    ownRecords: { write: (key: string, value: Uint8Array) => ({ key, value }) },
  } as unknown as Channel;
  const words = new TakenBackWords(channel, index);
  const tick = async (): Promise<void> => {
    await clock.advance(1_000);
    words.tick();
    await clock.advance(0);
  };
  return { state, words, tick };
}

const positions = (first: number, count: number): number[] => Array.from({ length: count }, (_, at) => first + at);

const seqsOf = (writes: readonly unknown[]): readonly number[] =>
  stored.WaitingSeqs.decode((writes[0] as { value: Uint8Array }).value).seqs;

it('are a bounded list: above that they are refused for the moment, and taken once others have left', async () => {
  const { state, words, tick } = setUp();
  state.failure = new ParleyError('timeout');
  for (let first = 1; first <= MAX; first += 100) await words.note(positions(first, 100));
  await tick();
  expect(state.purges).toEqual([positions(1, MAX)]);
  await expect(words.note([MAX + 1])).rejects.toMatchObject({ kind: 'overloaded' });
  expect(state.formsWritten).toBe(0);
  state.failure = undefined;
  for (let second = 0; second < 10; second++) await tick();
  expect(state.purges).toEqual([positions(1, MAX), positions(1, MAX)]);
  expect([words.waits, state.formsWritten]).toEqual([false, 1]);
  expect(seqsOf(await words.note([MAX + 1]))).toEqual([MAX + 1]);
});

it('wait for what failed to be tried again, however many they are', async () => {
  const { state, words, tick } = setUp();
  state.failure = new ParleyError('timeout');
  await words.note(positions(1, MAX));
  for (let second = 0; second < 9; second++) await tick();
  expect(state.purges).toHaveLength(1);
  for (let second = 0; second < 10; second++) await tick();
  expect(state.purges).toHaveLength(2);
});
