import { describe, expect, it } from 'vitest';
import { decodeEnvelopes, encodeEnvelopes } from '../bus-codec.js';
import type { BusEnvelope } from '../bus-messages.js';
import { EncodedEvent } from '../encoded-event.js';
import type { Delivery } from '../frames.js';
import { v1 as bus } from '../generated/bus.js';
import { v1 } from '../wire.js';

const PAYLOAD_BYTES_MAX = 1024 * 1024;

describe('a traced envelope', () => {
  const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
  const traced = (text: string) => EncodedEvent.of(v1.Event.create({ message: { text } })).tracedBy(trace);
  const plain = EncodedEvent.of(v1.Event.create({ message: { text: 'plain' } }));
  const item = (of: EncodedEvent | undefined): Delivery => ({
    cursor: { term: 1, sub: 1, inboxSeq: 1 },
    event: of,
    unread: 0,
  });
  const push = {
    type: 'push',
    sessionId: 's',
    epoch: { term: 1, sub: 1 },
    afterSeq: 0,
    sharedUpTo: 0,
    ownFrom: 0,
    confirmNow: false,
  } as const;
  const carried = (envelope: BusEnvelope): BusEnvelope | undefined =>
    encodeEnvelopes([envelope], PAYLOAD_BYTES_MAX).flatMap(decodeEnvelopes)[0];

  it('of a question has its context afterwards, and nothing of what its process knows of it', () => {
    const caller = { userId: 'alice', deviceId: 'd', sessionId: 's' };
    const question = { type: 'inbox_read', caller, cursor: undefined, limit: 1 } as const;
    const ask = { type: 'ask', actor: 'user:alice', question, replyTo: 'r', correlation: 1, budgetMs: 1 } as const;
    expect(carried({ ...ask, trace })).toEqual({ ...ask, trace });
    expect(carried(ask)).toEqual(ask);
  });

  it('has the contexts with those of its events that are traced, each with its own', () => {
    const other = { ...trace, spanId: '00f067aa0ba902b8' };
    const items = [item(plain), item(traced('a')), item(undefined), item(traced('b').tracedBy(other))];
    const contexts = (envelope: BusEnvelope | undefined) =>
      envelope?.type === 'push' ? envelope.items.map((one) => one.event?.trace) : [];
    expect(contexts(carried({ ...push, items }))).toEqual([undefined, trace, undefined, other]);
    const notice = { type: 'deliver', channelId: 'c', previousSeq: 0, event: traced('a'), senderSession: '' } as const;
    const tell = carried({ type: 'tell', actor: 'user:alice', notice, onlyIfActive: false });
    expect(tell).toMatchObject({ notice: { event: { trace } } });
    const events = { channelId: 'c', head: 2, events: [plain, traced('a')] };
    const fanout = carried({ type: 'fanout', events });
    expect(fanout?.type === 'fanout' && fanout.events.events.map((one) => one.trace)).toEqual([undefined, trace]);
  });

  it('of which nothing is sampled is not a byte longer, and what is no context is left out', () => {
    const [bytes = new Uint8Array(0)] = encodeEnvelopes([{ ...push, items: [item(plain)] }], PAYLOAD_BYTES_MAX);
    expect(bus.Batch.decode(bytes).envelopes[0]?.traces).toEqual([]);
    const broken = bus.Batch.decode(bytes);
    for (const envelope of broken.envelopes)
      envelope.traces = [{ traceId: new Uint8Array(3), spanId: new Uint8Array(8) }];
    const [decoded] = decodeEnvelopes(bus.Batch.encode(broken).finish());
    expect(decoded?.type === 'push' && decoded.items[0]?.event?.trace).toBeUndefined();
  });
});
