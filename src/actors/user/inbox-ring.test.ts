import { describe, expect, it } from 'vitest';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { v1 } from '../../protocol/wire.js';
import { InboxRing } from './inbox-ring.js';

const event = (seq: number): EncodedEvent => EncodedEvent.of(v1.Event.create({ channelId: 'c', seq }));
const seqs = (events: readonly EncodedEvent[] | undefined) => events?.map(({ value }) => value.seq);

function filled(first: number, last: number, committedHead: number): InboxRing {
  const ring = new InboxRing();
  for (let seq = first; seq <= last; seq++) ring.push(seq, event(seq), committedHead);
  return ring;
}

describe('the ring of an inbox', () => {
  it('gives what comes after a position, and says when that begins before it', () => {
    const ring = filled(5, 9, 9);
    expect(seqs(ring.after(6, 2))).toEqual([7, 8]);
    expect(seqs(ring.after(4, 9))).toEqual([5, 6, 7, 8, 9]);
    expect(seqs(ring.after(9, 9))).toEqual([]);
    expect(ring.after(3, 9)).toBeUndefined();
    expect(new InboxRing().after(0, 9)).toBeUndefined();
  });

  it('drops committed entries beyond the newest 64, and none that is not', () => {
    expect(seqs(filled(1, 200, 200).after(199, 1))).toEqual([200]);
    expect(filled(1, 200, 200).after(100, 1)).toBeUndefined();
    expect(seqs(filled(1, 200, 90).after(90, 1))).toEqual([91]);
    expect(filled(1, 200, 90).after(50, 1)).toBeUndefined();
    expect(seqs(filled(1, 200, 0).after(0, 1))).toEqual([1]);
  });

  it('begins again behind a gap', () => {
    const ring = filled(1, 3, 3);
    ring.push(7, event(7), 7);
    expect(ring.after(2, 9)).toBeUndefined();
    expect(seqs(ring.after(6, 9))).toEqual([7]);
  });

  it('finds the first entry above a position, wherever that is', () => {
    const ring = filled(5, 9, 9);
    const even = ({ value }: EncodedEvent): boolean => value.seq % 2 === 0;
    expect(ring.findAfter(6, even)?.value.seq).toBe(8);
    expect(ring.findAfter(0, even)?.value.seq).toBe(6);
    expect(ring.findAfter(8, even)).toBeUndefined();
  });

  it('holds another form in place of an entry', () => {
    const ring = filled(1, 2, 2);
    const other = event(2);
    ring.replace((held) => (held.value.seq === 2 ? other : held));
    expect(ring.after(1, 1)?.[0]).toBe(other);
  });
});
