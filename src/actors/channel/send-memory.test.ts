import { describe, expect, it } from 'vitest';
import { Long, v1 } from '../../protocol/wire.js';
import { ackOf, SendMemory, textMark } from './send-memory.js';

const sent = (seq: number, clientMessageId = `m${seq}`, from = 'alice', text = `${seq}`): v1.Event =>
  v1.Event.create({
    channelId: 'g',
    seq,
    messageId: new Long(-seq, seq, true),
    createdAt: Long.fromNumber(1_800_000_000_000, true),
    from,
    clientMessageId,
    message: { text },
  });

const remember = (memory: SendMemory, event: v1.Event, committedHead = event.seq) =>
  memory.remember(event, textMark(event.message?.text ?? ''), committedHead);

describe('the memory of sends', () => {
  it('knows a send by sender and id, with its acknowledgement', () => {
    const memory = new SendMemory(0, 10);
    const event = sent(1, 'x');
    remember(memory, event);
    const known = memory.find('alice', 'x');
    expect(known).toMatchObject({ seq: 1, mark: textMark('1') });
    const { channelId, seq, messageId, createdAt, clientMessageId } = event;
    expect(known && ackOf(known, 'g', 'x')).toEqual({ channelId, seq, messageId, createdAt, clientMessageId });
    expect(memory.find('bob', 'x')).toBeUndefined();
  });

  it('forgets the oldest beyond its bound and says above which position it knows all', () => {
    const memory = new SendMemory(100, 8);
    const sender = (seq: number): string => ['alice', 'bob', 'carol'][seq % 3] ?? '';
    for (let seq = 101; seq <= 120; seq++) remember(memory, sent(seq, `m${seq >> 1}`, sender(seq)));
    expect(memory.knownAbove).toBeGreaterThan(100);
    for (let seq = 101; seq <= 120; seq++)
      expect(memory.find(sender(seq), `m${seq >> 1}`)?.seq).toBe(seq > memory.knownAbove ? seq : undefined);
  });

  it('forgets nothing that is not committed', () => {
    const memory = new SendMemory(0, 4);
    for (let seq = 1; seq <= 20; seq++) remember(memory, sent(seq), 0);
    expect(memory.knownAbove).toBe(0);
    expect(memory.find('alice', 'm1')).toBeDefined();
  });

  it('is not kept from forgetting by events that nobody sent', () => {
    const memory = new SendMemory(0, 4);
    remember(memory, sent(1, ''), 0);
    for (let seq = 2; seq <= 50; seq++) remember(memory, sent(seq));
    expect(memory.knownAbove).toBeGreaterThan(40);
    expect(memory.find('alice', '')).toBeUndefined();
  });
});

describe('the mark of a text', () => {
  it('differs for texts that differ anywhere', () => {
    expect(textMark('short')).not.toBe(textMark('shorz'));
    const long = 'x'.repeat(1_000);
    const marks = Array.from({ length: 1_000 }, (_, i) => textMark(`${long.slice(0, i)}y${long.slice(i + 1)}`));
    expect(new Set([...marks, textMark(long), textMark(`${long}x`)]).size).toBe(1_002);
    expect(textMark(long)).toBe(textMark('x'.repeat(1_000)));
  });
});
