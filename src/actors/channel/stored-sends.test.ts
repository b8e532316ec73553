import { describe, expect, it } from 'vitest';
import { v1 } from '../../protocol/wire.js';
import { StoredSends } from './stored-sends.js';

/** A log of `head` events: odd positions are alice's sends m1, m3 …, the others nobody's. */
function logOf(head: number): { sends: StoredSends; reads: [number, number][]; grow: (to: number) => void } {
  let last = head;
  const reads: [number, number][] = [];
  const sends = new StoredSends(async (from, to) => {
    reads.push([from, to]);
    const events: v1.Event[] = [];
    for (let seq = Math.max(1, from); seq < Math.min(to, last + 1); seq++)
      events.push(v1.Event.create(seq % 2 === 1 ? { seq, from: 'alice', clientMessageId: `m${seq}` } : { seq }));
    return events;
  });
  const grow = (to: number) => {
    last = to;
  };
  return { sends, reads, grow };
}

describe('sends below what the memory holds', () => {
  it('are found where they are, of their sender, within what is asked', async () => {
    const { sends } = logOf(2_000);
    expect((await sends.find('alice', 'm1501', 1, 2_001))?.seq).toBe(1_501);
    expect((await sends.find('alice', 'm1', 1, 2))?.seq).toBe(1);
    expect(await sends.find('bob', 'm1501', 1, 2_001)).toBeUndefined();
    expect(await sends.find('alice', 'm1501', 1_502, 2_001)).toBeUndefined();
    expect(await sends.find('alice', 'm1501', 1, 1_501)).toBeUndefined();
    expect(await sends.find('alice', '', 1, 2_001)).toBeUndefined();
  });

  it('have each part of the log read once, however many are looked for and wherever they begin', async () => {
    const { sends, reads } = logOf(2_000);
    for (let i = 0; i < 50; i++) expect(await sends.find('alice', `new ${i}`, 1 + i * 30, 2_001)).toBeUndefined();
    expect(reads).toEqual([
      [0, 512],
      [512, 1_024],
      [1_024, 1_536],
      [1_536, 2_001],
    ]);
  });

  it('are found where the log has grown since', async () => {
    const { sends, reads, grow } = logOf(100);
    expect(await sends.find('alice', 'm151', 1, 101)).toBeUndefined();
    grow(200);
    expect((await sends.find('alice', 'm151', 1, 201))?.seq).toBe(151);
    expect(reads.slice(0, 2)).toEqual([
      [0, 101],
      [101, 201],
    ]);
  });

  it('take no more memory than for 131,072 positions', async () => {
    const { sends, reads } = logOf(0);
    await sends.find('alice', 'm1', 1, 512 * 257);
    reads.length = 0;
    await sends.find('alice', 'm1', 512, 512 * 257);
    expect(reads).toEqual([]);
    await sends.find('alice', 'm1', 1, 2);
    expect(reads).toEqual([[0, 2]]);
  });
});
