import { describe, expect, it } from 'vitest';
import { EncodedEvent, encodeServerFrame } from '../../../src/protocol/codec.js';
import { Long, v1 } from '../../../src/protocol/wire.js';
import { FrameScanner, NOT_AS_SENT } from './frame-scanner.js';
import { bodyOf } from './message-body.js';

const MESSAGE_ID = Long.fromString('7412345678901234567', true);

function event(
  seq: number,
  clientMessageId: string,
  text = bodyOf(Number(clientMessageId.slice(1)), 'ann'),
): EncodedEvent {
  return EncodedEvent.of(
    v1.Event.create({
      channelId: 'ann~bob',
      seq,
      messageId: MESSAGE_ID,
      createdAt: Long.fromNumber(1_763_850_000_123, true),
      from: 'ann',
      clientMessageId,
      message: { text },
    }),
  );
}

function scan(frame: Uint8Array): string[] {
  const noted: string[] = [];
  const id = (high: number, low: number): string => Long.fromBits(low, high, true).toString();
  const scanner = new FrameScanner({
    acknowledged: (requestId, { seq, idHigh, idLow, messageNumber }) =>
      noted.push(`ack ${requestId} ${seq} ${id(idHigh, idLow)} ${messageNumber}`),
    event: (buffer, { seq, idHigh, idLow, messageNumber, channelStart, channelEnd }) =>
      noted.push(
        `event ${buffer.toString('utf8', channelStart, channelEnd)} ${seq} ${id(idHigh, idLow)} ${messageNumber}`,
      ),
    head: (buffer, { channelStart, channelEnd }, head) =>
      noted.push(`head ${buffer.toString('utf8', channelStart, channelEnd)} ${head}`),
    cursor: (term, sub, inboxSeq) => noted.push(`cursor ${term} ${sub} ${inboxSeq}`),
    sessionSeq: (sessionSeq) => noted.push(`session ${sessionSeq}`),
    other: (rest) => noted.push(`other ${v1.ServerFrame.decode(rest).body}`),
  });
  const padded = Buffer.concat([Buffer.alloc(3), frame, Buffer.alloc(5, 255)]);
  scanner.scan(padded, 3, 3 + frame.length);
  return noted;
}

describe('the frame scanner', () => {
  it('reads an acknowledgement as the codec wrote it', () => {
    const frame = encodeServerFrame({
      requestId: 300,
      sessionSeq: 0,
      body: {
        type: 'sendAck',
        value: { channelId: 'ann~bob', seq: 70_000, messageId: MESSAGE_ID, clientMessageId: 'b0123456' },
      },
    });
    expect(scan(frame)).toEqual([`ack 300 70000 ${MESSAGE_ID} 123456`]);
  });

  it('reads deliveries, those without an event and those that are no message too', () => {
    const frame = encodeServerFrame({
      requestId: 0,
      sessionSeq: 7,
      body: {
        type: 'deliveries',
        value: [
          { cursor: { term: 3, sub: 1, inboxSeq: 41 }, event: event(1, ''), unread: 1 },
          { cursor: { term: 3, sub: 1, inboxSeq: 42 }, event: undefined, unread: 0 },
          { cursor: { term: 3, sub: 1, inboxSeq: 43 }, event: event(3, 'b9'), unread: 200 },
        ],
      },
    });
    expect(scan(frame)).toEqual([
      'session 7',
      'cursor 3 1 41',
      `event ann~bob 1 ${MESSAGE_ID} -1`,
      'cursor 3 1 42',
      'cursor 3 1 43',
      `event ann~bob 3 ${MESSAGE_ID} 9`,
    ]);
  });

  it('reads fan-out events', () => {
    const frame = encodeServerFrame({
      requestId: 0,
      sessionSeq: 0,
      body: { type: 'fanout', value: { channelId: 'ann~bob', head: 9, events: [event(8, 'b7'), event(9, 'b8')] } },
    });
    expect(scan(frame)).toEqual([`event ann~bob 8 ${MESSAGE_ID} 7`, `event ann~bob 9 ${MESSAGE_ID} 8`]);
  });

  it('tells of a message that has not the body that went out under its id', () => {
    const events = [event(8, 'b7', bodyOf(70, 'ann')), event(9, 'b8', bodyOf(8, 'anna')), event(10, 'b9')];
    const frame = encodeServerFrame({
      requestId: 0,
      sessionSeq: 0,
      body: { type: 'fanout', value: { channelId: 'ann~bob', head: 10, events } },
    });
    expect(scan(frame).map((line) => Number(line.split(' ').at(-1)))).toEqual([NOT_AS_SENT, NOT_AS_SENT, 9]);
  });

  it('reads the head that a fan-out without events tells', () => {
    const body = { type: 'fanout', value: { channelId: 'gabc', head: 300, events: [] } } as const;
    expect(scan(encodeServerFrame({ requestId: 0, sessionSeq: 0, body }))).toEqual(['head gabc 300']);
  });

  it('leaves other frames to the codec', () => {
    const frame = encodeServerFrame({ requestId: 5, sessionSeq: 0, body: { type: 'done', value: {} } });
    expect(scan(frame)).toEqual(['other done']);
  });
});
