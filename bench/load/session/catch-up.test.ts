import { expect, it } from 'vitest';
import { Long, v1 } from '../../../src/protocol/wire.js';
import { CatchUp } from './catch-up.js';
import { Conversation } from './conversation.js';
import { bodyOf } from './message-body.js';

const PAGE = 2;

/** A channel whose log has the messages 1 … `head`, of which so many make a page. */
function setup({ steady = true, head = 9, fails = (): boolean => false } = {}) {
  const given: number[] = [];
  const asked: number[] = [];
  const to = new Conversation({ channelId: 'c' }, 'c', 0);
  to.byFanout = true;
  const eventAt = (seq: number): v1.IEvent => ({
    ...{ channelId: 'c', seq, messageId: Long.fromNumber(seq, true), from: 'u1', clientMessageId: `b${seq}` },
    message: { text: bodyOf(seq, 'u1') },
  });
  const catchUp = new CatchUp({
    ...{ user: 0, steady },
    observer: { delivered: (_user, _number, _place, seq) => void given.push(seq) },
    readHistory: async (_channelId, afterSeq) => {
      asked.push(afterSeq);
      if (fails()) throw new Error('closed');
      const count = Math.min(PAGE, head - afterSeq);
      return v1.HistoryPage.create({
        head,
        events: Array.from({ length: count }, (_, at) => eventAt(afterSeq + 1 + at)),
      });
    },
  });
  const give = (seq: number): void => catchUp.give(to, seq, seq, 0, seq);
  return { to, catchUp, give, given, asked };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('reads what is missing page by page before it goes on, and hands on nothing twice', async () => {
  const { to, give, given, asked } = setup({ head: 6 });
  for (const seq of [1, 6, 6, 5]) give(seq);
  expect([given, to.catchingUp]).toEqual([[1], true]);
  await settled();
  expect([given, asked, to.catchingUp]).toEqual([[1, 2, 3, 4, 5, 6], [1, 3, 5], false]);
  give(4);
  expect(given).toHaveLength(6);
});

it('reads once more where the gap had grown while it was reading', async () => {
  const { give, given } = setup({ head: 9 });
  for (const seq of [1, 4, 9]) give(seq);
  await settled();
  expect(given).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('stops at a failure, and begins again where the next event shows the gap', async () => {
  let fails = true;
  const { to, give, given } = setup({ head: 4, fails: () => fails });
  for (const seq of [1, 3]) give(seq);
  await settled();
  expect([given, to.catchingUp]).toEqual([[1], false]);
  fails = false;
  give(4);
  await settled();
  expect(given).toEqual([1, 2, 3, 4]);
});

it('takes the first event of a channel for the beginning', () => {
  const { give, given, asked } = setup();
  give(7);
  expect([given, asked]).toEqual([[7], []]);
});

it('hands on what comes as it comes, where the device is not steady', () => {
  const { give, given, asked } = setup({ steady: false });
  for (const seq of [1, 4, 4, 2]) give(seq);
  expect([given, asked]).toEqual([[1, 4, 4, 2], []]);
});
