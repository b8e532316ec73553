import { expect, it } from 'vitest';
import { Tally } from '../record/tally.js';
import { raised, type Top } from '../record/top.js';
import { Awaited } from './awaited.js';

it('keeps the highest position, and what its own writer is due', () => {
  let top: Top | undefined;
  for (const [seq, by] of [
    [3, 1],
    [5, 2],
    [4, 3],
    [7, 2],
    [6, 1],
  ] as const)
    top = raised(top, seq, by);
  expect(top).toEqual({ seq: 7, by: 2, others: 6 });
  expect(raised(top, 8, 1)).toEqual({ seq: 8, by: 1, others: 7 });
});

it('counts who lacks what others wrote, and not what they wrote themselves', () => {
  const given = [2, 3, 0];
  const awaited = new Awaited();
  const top = { seq: 3, by: 0, others: 2 };
  awaited.expect([{ channelId: 'g', members: { first: 0, end: 4 }, top }], (user) =>
    user === 3 ? undefined : { givenIn: () => given[user] ?? 0 },
  );
  expect(awaited.count()).toBe(1);
  given[2] = 3;
  expect(awaited.count()).toBe(0);
});

it('takes the tops from what was acknowledged', () => {
  const tally = new Tally();
  tally.enlist(1, 2);
  const [a, b] = [tally.place('a'), tally.place('b')];
  const first = tally.sending(4, 0, b);
  const second = tally.sending(5, 0, b);
  tally.sending(4, 0, a);
  tally.acknowledged(first, 12, 0, 0);
  tally.acknowledged(second, 11, 0, 0);
  expect(tally.acknowledgedTops()).toEqual({ b: { seq: 12, by: 4, others: 11 } });
});
