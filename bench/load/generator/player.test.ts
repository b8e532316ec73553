import { expect, it } from 'vitest';
import { Tally } from '../record/tally.js';
import { noteReading } from '../transport/websocket.js';
import type { Crowd } from './crowd.js';
import type { LaneOrder } from './orders.js';
import { Player } from './player.js';

it('counts how long somebody was away neither as delivery nor as acknowledgement', () => {
  const tally = new Tally();
  tally.startTiming(1);
  const dueMs = performance.now() - 20_000;
  const channel = tally.place('g');
  const number = tally.sending(0, dueMs, channel);
  const last = tally.sending(1, dueMs, channel);
  tally.returning(1, performance.now() - 1_000);
  noteReading();
  tally.acknowledged(number, 1, 0, 1);
  tally.acknowledged(last, 2, 0, 2);
  tally.delivered(1, number, channel, 1, 0, 1);
  tally.delivered(2, number, channel, 1, 0, 1);
  const { acknowledgement, acknowledged, delivery, afterReturn } = tally.lane(0);
  expect([acknowledged, acknowledgement.totalCount, delivery.totalCount, afterReturn.totalCount]).toEqual([2, 1, 1, 1]);
  expect(delivery.maxValue).toBeGreaterThanOrEqual(19_000_000);
  expect(afterReturn.maxValue).toBeLessThan(5_000_000);
});

/** Who sends, of users 0 … 3 of whom these have left. */
async function sendersWithout(...left: readonly number[]): Promise<Set<number>> {
  const senders = new Set<number>();
  const device = (user: number) => ({
    user,
    isWanted: !left.includes(user),
    direct: { place: 0 },
    converse: () => ({ place: 1 }),
    sendDirect: () => senders.add(user),
    send: () => senders.add(user),
  });
  const player = new Player(new Tally(), { device, all: [], parleySessions: [] } as unknown as Crowd);
  const lanes: LaneOrder[] = [
    { kind: 'direct', name: 'direct', rate: 400, users: { first: 0, end: 4 } },
    { kind: 'channels', name: 'group', rate: 400, channels: [{ channelId: 'g', writers: [0, 1, 2, 3] }] },
  ];
  await player.play(
    { type: 'play', lanes, warmUpSeconds: 0, seconds: 0.05, momentMs: 1_000, timedUsers: 1 },
    () => undefined,
  );
  return senders;
}

it('lets nobody send who has left', async () => {
  expect([...(await sendersWithout(1, 2))].sort()).toEqual([0, 3]);
  expect([...(await sendersWithout(0, 1, 2, 3))]).toEqual([]);
});

it('notes how late turns are that are no messages, while it measures', () => {
  const tally = new Tally();
  tally.late(performance.now() - 5_000);
  tally.startTiming(1);
  tally.late(performance.now() - 50);
  expect([tally.lateness.totalCount, tally.lateness.maxValue >= 50_000]).toEqual([1, true]);
});

it('asks for nothing where a generator has no share of a line', async () => {
  const player = new Player(new Tally(), { all: [], parleySessions: [] } as unknown as Crowd);
  const lanes: LaneOrder[] = [{ kind: 'history', name: 'history', rate: 0, page: 1 }];
  const order = { type: 'play' as const, lanes, warmUpSeconds: 0, seconds: 0.01, momentMs: 1_000, timedUsers: 1 };
  expect((await player.play(order, () => undefined)).lanes).toEqual([]);
});
