import { EncodedEvent } from '../../../src/protocol/encoded-event.js';
import { Long, v1 } from '../../../src/protocol/wire.js';
import { BODY_TEXT } from '../../load/session/session.js';

/** An event with a message of 200 bytes, as all benchmarks send. */
export function sampleEvent(seq: number, channelId = 'alice~bob'): v1.Event {
  return v1.Event.create({
    channelId,
    seq,
    messageId: Long.fromNumber(7_000_000_000_000 + seq, true),
    createdAt: Long.fromNumber(1_800_000_000_000 + seq, true),
    from: 'alice',
    clientMessageId: `m${seq}`,
    message: { text: BODY_TEXT },
  });
}

export const sampleEncoded = (seq: number, channelId?: string): EncodedEvent =>
  EncodedEvent.of(sampleEvent(seq, channelId));
