import { describe, expect, it } from 'vitest';
import { Long } from '../../protocol/wire.js';
import { EventBuffer } from './event-buffer.js';

const event = (subject: string) => ({ atMs: Long.UZERO, type: 'audit', subject, text: '' });

describe('what one reader of the events has not got yet', () => {
  it('comes in order, and as soon as it is there', async () => {
    const buffer = new EventBuffer();
    const { signal } = new AbortController();
    const first = buffer.next(signal);
    buffer.push(event('a'));
    buffer.push(event('b'));
    expect(await first).toMatchObject({ subject: 'a' });
    expect(await buffer.next(signal)).toMatchObject({ subject: 'b' });
  });

  it('is bounded: a slow reader is told how many were lost, then gets the newest', async () => {
    const buffer = new EventBuffer();
    const { signal } = new AbortController();
    for (let i = 0; i < 1_030; i++) buffer.push(event(`e${i}`));
    expect(await buffer.next(signal)).toMatchObject({ type: 'lag', lost: 30 });
    expect(await buffer.next(signal)).toMatchObject({ subject: 'e30' });
  });

  it('ends with the error that it failed with, after what waits', async () => {
    const buffer = new EventBuffer();
    const { signal } = new AbortController();
    buffer.push(event('a'));
    buffer.fail(new Error('away'));
    expect(await buffer.next(signal)).toMatchObject({ subject: 'a' });
    await expect(buffer.next(signal)).rejects.toThrow('away');
  });

  it('ends for a reader who is gone', async () => {
    const ended = new AbortController();
    const next = new EventBuffer().next(ended.signal);
    ended.abort();
    expect(await next).toBeUndefined();
  });
});
