import { describe, expect, it } from 'vitest';
import type { Delivery } from '../protocol/frames.js';
import { DeliveryStream, type Push } from './delivery-stream.js';

const item = (sub: number, inboxSeq: number): Delivery => ({
  cursor: { term: 1, sub, inboxSeq },
  event: undefined,
  unread: 0,
});

/** Positions after `afterSeq` up to `last`, by the owner `sub`, who took the session over at `sharedUpTo`. */
function push(sub: number, afterSeq: number, last: number, sharedUpTo = 0, ownFrom = 0): Push {
  const items = Array.from({ length: last - afterSeq }, (_, i) => item(sub, afterSeq + i + 1));
  return { epoch: { term: 1, sub }, afterSeq, sharedUpTo, ownFrom, items };
}

describe('a session’s way along the inbox', () => {
  it('accepts what follows, and neither a copy nor what is ahead of a gap', () => {
    const stream = new DeliveryStream(item(1, 0).cursor);
    expect(stream.offer(push(1, 0, 2))).toBe('accepted');
    expect(stream.offer(push(1, 0, 2))).toBe('had');
    expect(stream.offer(push(1, 3, 4))).toBe('ahead');
    expect(stream.offer(push(1, 2, 3))).toBe('accepted');
    expect(stream.put.inboxSeq).toBe(0);
    expect(stream.take().flat()).toHaveLength(3);
    expect(stream.put.inboxSeq).toBe(3);
  });

  it('goes back with a new owner, and takes nothing more from the old one', () => {
    const stream = new DeliveryStream(item(1, 0).cursor);
    stream.offer(push(1, 0, 5));
    expect(stream.offer(push(2, 3, 4, 3))).toBe('accepted');
    expect(stream.offer(push(1, 5, 6))).toBe('had');
    expect(stream.accepted).toEqual({ term: 1, sub: 2, inboxSeq: 4 });
  });

  it('goes back with a new owner again when what that one pushed was lost with the socket', () => {
    const stream = new DeliveryStream(item(1, 0).cursor);
    stream.offer(push(1, 0, 5));
    stream.take();
    stream.offer(push(2, 3, 4, 3));
    stream.rewind();
    expect(stream.accepted).toEqual({ term: 1, sub: 1, inboxSeq: 5 });
    expect(stream.offer(push(2, 3, 4, 3))).toBe('accepted');
  });

  it('does not follow a new owner on from the old one’s rows when its first push was lost', () => {
    const stream = new DeliveryStream(item(1, 0).cursor);
    stream.offer(push(1, 0, 5));
    expect(stream.offer(push(2, 5, 6, 3))).toBe('ahead');
    expect(stream.offer(push(2, 3, 5, 3))).toBe('accepted');
    expect(stream.offer(push(2, 5, 6, 3))).toBe('accepted');
  });

  it('does not follow on them a new owner that opened the session, too, after rows of its own', () => {
    const stream = new DeliveryStream(item(1, 0).cursor);
    stream.offer(push(1, 0, 5));
    expect(stream.offer(push(2, 5, 6, 5, 4))).toBe('ahead');
    expect(stream.offer(push(2, 3, 5, 3))).toBe('accepted');
  });

  it('follows on where its own owner opened it', () => {
    const stream = new DeliveryStream(item(2, 5).cursor);
    expect(stream.offer(push(2, 5, 6, 5, 4))).toBe('accepted');
    stream.moveTo(item(3, 9).cursor);
    expect(stream.offer(push(3, 9, 10, 9, 8))).toBe('accepted');
  });
});
