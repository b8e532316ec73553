import { describe, expect, it } from 'vitest';
import { EncodedEvent } from '../protocol/encoded-event.js';
import { RecentBudget, RecentEvents } from './recent-events.js';

const event = (bytes: number): EncodedEvent => EncodedEvent.fromBytes(new Uint8Array(bytes));

function filled(budget: RecentBudget, count: number, bytes = 10, eventsMax = 100, bytesMax = 10_000): RecentEvents {
  const ring = new RecentEvents(budget, eventsMax, bytesMax);
  for (let seq = 1; seq <= count; seq++) ring.push(seq, event(bytes));
  return ring;
}

describe('the recent events of a channel', () => {
  it('answer a range that is here whole, and count the hit', () => {
    const budget = new RecentBudget(1_000_000);
    const ring = filled(budget, 20);
    expect(ring.slice(1, 21)).toHaveLength(20);
    expect(ring.slice(5, 8)).toHaveLength(3);
    expect(ring.slice(8, 8)).toEqual([]);
    expect([budget.hits, budget.misses]).toEqual([2, 0]);
  });

  it('answer nothing of a range that is here in part, and count the miss', () => {
    const budget = new RecentBudget(1_000_000);
    const ring = new RecentEvents(budget, 100, 10_000);
    for (let seq = 5; seq <= 9; seq++) ring.push(seq, event(10));
    for (const [from, to] of [
      [4, 6],
      [9, 11],
      [1, 3],
      [20, 22],
    ] as const)
      expect(ring.slice(from, to)).toBeUndefined();
    expect(budget.misses).toBe(4);
  });

  it('are the newest, bounded by number and by bytes', () => {
    const budget = new RecentBudget(1_000_000);
    const many = filled(budget, 1_000);
    expect(many.size).toBeLessThanOrEqual(125);
    expect(many.slice(901, 1_001)).toHaveLength(100);
    many.clear();
    const large = filled(budget, 100, 1_000);
    expect(budget.bytesUsed).toBeLessThanOrEqual(10_000);
    expect(large.slice(100, 101)).toHaveLength(1);
    expect(large.slice(80, 101)).toBeUndefined();
  });

  it('hold another form in place of one that is here, and count its bytes', () => {
    const budget = new RecentBudget(1_000_000);
    const ring = filled(budget, 3);
    const other = event(4);
    for (const seq of [0, 2, 4]) ring.replace(seq, () => other);
    expect(ring.slice(1, 4)?.map(({ bytes }) => bytes.length)).toEqual([10, 4, 10]);
    expect(budget.bytesUsed).toBe(24);
    ring.clear();
    expect(budget.bytesUsed).toBe(0);
  });

  it('start anew after a gap', () => {
    const ring = filled(new RecentBudget(1_000_000), 3);
    ring.push(7, event(10));
    expect(ring.size).toBe(1);
    expect(ring.slice(7, 8)).toHaveLength(1);
    expect(ring.slice(3, 4)).toBeUndefined();
  });
});

describe('the budget of all channels', () => {
  it('empties the channel that was used least recently', () => {
    const budget = new RecentBudget(300);
    const rings = [filled(budget, 10), filled(budget, 10), filled(budget, 10)];
    rings[0]?.slice(1, 2);
    filled(budget, 5);
    expect(rings.map((ring) => ring.size)).toEqual([10, 0, 10]);
    expect(budget.bytesUsed).toBe(250);
  });

  it('counts what is there, and nothing once all is cleared', () => {
    const budget = new RecentBudget(500);
    const rings = Array.from({ length: 30 }, () => filled(budget, 30, 7, 8, 90));
    expect(budget.bytesUsed).toBe(rings.reduce((sum, ring) => sum + ring.size * 7, 0));
    expect(budget.bytesUsed).toBeLessThanOrEqual(500);
    for (const ring of rings) ring.clear();
    expect(budget.bytesUsed).toBe(0);
  });

  it('leaves one channel its events although it alone is over the budget', () => {
    const budget = new RecentBudget(50);
    expect(filled(budget, 10).size).toBe(10);
  });
});
