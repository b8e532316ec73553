import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorName, ParleyError } from '../core/errors.js';
import type { MessageId } from '../core/message-id.js';
import { decodeEnvelopes, encodeEnvelopes } from './bus-codec.js';
import type { ActorAnswer, BusEnvelope, Notice, Question } from './bus-messages.js';
import { EncodedEvent } from './encoded-event.js';
import type { Answer, ClientRequest, Delivery, SessionEvent } from './frames.js';
import { v1 as admin } from './generated/admin.js';
import { v1 as bus } from './generated/bus.js';
import { arbitraryMessage, arbitraryOnly, choicesOf, loadSchema } from './testing/arbitrary-message.js';
import { Long, v1, Writer } from './wire.js';

const PAYLOAD_BYTES_MAX = 1024 * 1024;
const schema = loadSchema('client');
const adminSchema = loadSchema('admin');
const PLAIN = { longs: String, enums: String };

// ---- arbitrary envelopes ---------------------------------------------------------------------------------------------

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const texts = fc.array(text, { maxLength: 3 });
const count = fc.nat({ max: 2 ** 32 - 1 });
const counts = fc.array(count, { maxLength: 3 });
const cursor = fc.record({ term: count, sub: count, inboxSeq: count });
const maybeCursor = fc.option(cursor, { nil: undefined });
const caller = fc.record(
  { userId: text, deviceId: text, sessionId: text, issuedAtMs: fc.integer({ min: 1, max: 2 ** 52 }) },
  { requiredKeys: ['userId', 'deviceId', 'sessionId'] },
);
const actor = fc.constantFrom('user:alice' as const, 'channel:alice~bob' as const);

interface Made<Message> {
  fromObject(plain: object): Message;
}

const message = <Message>(type: string, made: Made<Message>, from = schema): fc.Arbitrary<Message> =>
  arbitraryMessage(from.lookupType(type)).map((plain) => made.fromObject(plain));

/** `{type, value}` for some fields of a frame's body. */
function body<Body>(frame: 'ClientFrame' | 'ServerFrame', wanted: (name: string) => boolean): fc.Arbitrary<Body> {
  const fields = choicesOf(schema.lookupType(frame), 'body').filter((field) => wanted(field.name));
  const only = fields.map((field) => arbitraryOnly(field).map((plain) => [field.name, plain] as const));
  return fc.oneof(...only).map(([type, plain]) => {
    const whole = v1[frame].fromObject(plain) as unknown as Record<string, unknown>;
    return { type, value: whole[type] } as Body;
  });
}

const CONTROL = ['hello', 'heartbeat', 'acknowledge', 'typing'];
const SESSION_EVENTS = ['limited', 'readUpdate', 'receipts', 'presence', 'ownPresence', 'typing', 'notice'];
const ANSWERS = ['sendAck', 'channel', 'channelList', 'memberList', 'history', 'message', 'searchResults', 'done'];
const event = message('Event', v1.Event).map((one) => EncodedEvent.of(one));
const delivery: fc.Arbitrary<Delivery> = fc.record({
  cursor,
  event: fc.option(event, { nil: undefined }),
  unread: count,
});
const deliveries = fc.array(delivery, { maxLength: 3 });
const idOf = (id: bigint): MessageId => Long.fromString(id.toString(), true);
const of = <Type extends string>(type: Type) => fc.constant(type);

const question: fc.Arbitrary<Question> = fc.oneof(
  fc.record(
    {
      type: of('request'),
      caller,
      body: body<ClientRequest>('ClientFrame', (name) => !CONTROL.includes(name)),
      hidden: fc.array(fc.tuple(count, count), { maxLength: 3 }),
    },
    { requiredKeys: ['type', 'caller', 'body'] },
  ),
  fc.record({ type: of('session_open'), caller, gateway: text, cursor: maybeCursor, visible: fc.boolean() }),
  fc.record({ type: of('inbox_read'), caller, cursor: maybeCursor, limit: count }),
  fc.record({ type: of('erase_message'), messageId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(idOf) }),
  fc.record({ type: of('read_log'), fromSeq: count, owedTo: text }),
  fc.record({ type: of('forget') }),
  fc.record({ type: of('member_deleted'), userId: text }),
  fc.record({ type: of('revoke'), deviceId: fc.option(text, { nil: undefined }), atMs: fc.nat() }),
  fc.record({ type: of('message_wanted'), seq: count }),
  fc.record({ type: of('erase_copies'), channelId: text, seqs: counts }),
);

const confirmation = fc.record(
  {
    sessionId: text,
    put: cursor,
    acknowledged: maybeCursor,
    lacking: fc.boolean(),
    idle: fc.boolean(),
    following: fc.nat(),
  },
  { requiredKeys: ['sessionId', 'put', 'acknowledged'] },
);
const NOTICES: { readonly [Type in Notice['type']]: fc.Arbitrary<Extract<Notice, { type: Type }>> } = {
  session_close: fc.record({ type: of('session_close'), sessionId: text }),
  session_confirm: fc.record({
    type: of('session_confirm'),
    confirmation,
    caller,
    gateway: text,
    visible: fc.boolean(),
  }),
  deliver: fc.record({ type: of('deliver'), channelId: text, previousSeq: count, event, senderSession: text }),
  receipts: fc.record({ type: of('receipts'), channelId: text, items: fc.array(message('Receipt', v1.Receipt)) }),
  presence_watch: fc.record({ type: of('presence_watch'), watcher: text, leaseMs: count, renews: fc.boolean() }),
  presence: fc.record({ type: of('presence'), presence: message('Presence', v1.Presence) }),
  typing: fc.record({ type: of('typing'), channelId: text, userId: text, stopped: fc.boolean() }),
  directory_changed: fc.record({ type: of('directory_changed') }),
  revoked: fc.record({ type: of('revoked'), deviceId: fc.option(text, { nil: undefined }), atMs: fc.nat() }),
  confirm: fc.record({ type: of('confirm'), userId: text, seq: count, lacking: fc.boolean() }),
  member_cursor: fc.record({ type: of('member_cursor'), userId: text, deliveredSeq: count, readSeq: count }),
  push_done: fc.record({ type: of('push_done'), channelId: text, seq: count, job: fc.constantFrom('message', 'read') }),
  publish_head: fc.record({ type: of('publish_head') }),
  read_wanted: fc.record({ type: of('read_wanted'), channelId: text }),
  head_wanted: fc.record({ type: of('head_wanted'), userId: text }),
  channel_head: fc.record({
    type: of('channel_head'),
    channelId: text,
    head: count,
    name: text,
    lastMessage: fc.option(event, { nil: undefined }),
  }),
  authored: fc.record({
    type: of('authored'),
    channelId: text,
    seq: count,
    isMessage: fc.boolean(),
    senderSession: text,
  }),
};

const readable = message('Event', v1.Event).filter((one) => v1.Event.encode(one).finish().length > 0);
const answer: fc.Arbitrary<ActorAnswer> = fc.oneof(
  body<Answer>('ServerFrame', (name) => ANSWERS.includes(name)),
  fc.record({ type: of('session_opened'), value: fc.record({ cursor, fanoutChannels: texts }) }),
  fc.record({
    type: of('inbox_page'),
    value: fc.record({
      items: deliveries,
      cursor,
      more: fc.boolean(),
      limited: fc.option(message('Limited', v1.Limited), { nil: undefined }),
    }),
  }),
  fc.record({
    type: of('message_state'),
    value: fc.record({
      committed: fc.boolean(),
      messageId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(idOf),
      from: text,
      clientMessageId: text,
      createdAtMs: fc.integer({ min: 0, max: 2 ** 52 }),
      members: count,
      recipients: fc.array(
        fc.record({ userId: text, inInbox: fc.boolean(), delivered: fc.boolean(), read: fc.boolean() }),
        { maxLength: 3 },
      ),
    }),
  }),
  fc.record({
    type: of('log_page'),
    value: fc.record(
      {
        ...{ head: count, floor: count, nextSeq: count, owedFrom: count, keepsNothing: fc.constant(true as const) },
        rows: fc.array(fc.record({ seq: count, event: fc.option(readable, { nil: undefined }) }), { maxLength: 3 }),
      },
      { requiredKeys: ['head', 'floor', 'nextSeq', 'owedFrom', 'rows'] },
    ),
  }),
  fc.record({
    type: of('forgotten'),
    value: fc.record({ done: fc.boolean(), notLeft: fc.array(text, { maxLength: 3 }) }),
  }),
);

const shardTerms = fc.array(fc.record({ shard: count, term: count }));

const ENVELOPES: { readonly [Type in BusEnvelope['type']]: fc.Arbitrary<Extract<BusEnvelope, { type: Type }>> } = {
  ask: fc.record({ type: of('ask'), actor, question, replyTo: text, correlation: count, budgetMs: count }),
  tell: fc.record({ type: of('tell'), actor, notice: fc.oneof(...Object.values(NOTICES)), onlyIfActive: fc.boolean() }),
  answer: fc.record({ type: of('answer'), correlation: count, answer }),
  refusal: fc.record({
    type: of('refusal'),
    correlation: count,
    error: fc.constantFrom(...(Object.keys(ERRORS) as ErrorName[])),
    sentence: text,
    retryAfterMs: count,
  }),
  push: fc.record({
    type: of('push'),
    sessionId: text,
    epoch: fc.record({ term: count, sub: count }),
    afterSeq: count,
    sharedUpTo: count,
    ownFrom: count,
    items: deliveries,
    confirmNow: fc.boolean(),
  }),
  session_event: fc.record({
    type: of('session_event'),
    sessionId: text,
    event: body<SessionEvent>('ServerFrame', (name) => SESSION_EVENTS.includes(name)),
  }),
  fanout_interest: fc.record({ type: of('fanout_interest'), sessionId: text, add: texts, seqs: counts, remove: texts }),
  session_end: fc.record({
    type: of('session_end'),
    sessionId: text,
    reason: fc.constantFrom('session_revoked' as const, 'owner_changed' as const, 'session_superseded' as const),
  }),
  session_adopted: fc.record({ type: of('session_adopted'), sessionId: text }),
  fanout: fc.record({
    type: of('fanout'),
    events: fc.record({ channelId: text, head: count, events: fc.array(event, { maxLength: 3 }) }),
  }),
  heartbeat: fc.record({
    type: of('heartbeat'),
    incarnation: text,
    storeReachable: fc.boolean(),
    ownedShards: count,
  }),
  owner: fc.record({ type: of('owner'), incarnation: text, shards: shardTerms }),
  release_request: fc.record({ type: of('release_request'), incarnation: text, shards: fc.array(count) }),
  push_job: fc.record({
    type: of('push_job'),
    job: fc.record({
      type: of('message'),
      ...{ userId: text, channelId: text, seq: count, messageId: text, from: text, channelName: text, text },
      ...{ mentioned: fc.boolean(), unread: count, badge: count, createdAtMs: fc.maxSafeNat() },
    }),
  }),
  push_read: fc.record({
    type: of('push_read'),
    job: fc.record({
      type: of('read'),
      ...{ userId: text, channelId: text, seq: count, badge: count, readAt: text, createdAtMs: fc.maxSafeNat() },
    }),
  }),
  released: fc.record({
    type: of('released'),
    shards: fc.array(fc.record({ shard: count, term: count, idFloorMs: fc.maxSafeNat() })),
  }),
  operations_farewell: fc.record({ type: of('operations_farewell'), incarnation: text }),
  operations_event: fc.record({
    type: of('operations_event'),
    event: message('ClusterEvent', admin.ClusterEvent, adminSchema),
  }),
  operations_ask: fc.record({
    type: of('operations_ask'),
    replyTo: text,
    correlation: count,
    question: message('Question', admin.Question, adminSchema),
  }),
  operations_answer: fc.record({
    type: of('operations_answer'),
    correlation: count,
    incarnation: text,
    answer: message('Answer', admin.Answer, adminSchema),
  }),
  operations_refusal: fc.record({
    type: of('operations_refusal'),
    correlation: count,
    incarnation: text,
    error: fc.constantFrom(...(Object.keys(ERRORS) as ErrorName[])),
    sentence: text,
  }),
};
const envelope: fc.Arbitrary<BusEnvelope> = fc.oneof(...Object.values(ENVELOPES));

// ---- comparing --------------------------------------------------------------------------------------------------------

interface MessageClass {
  toObject(message: unknown, options: object): unknown;
}

/** Messages as plain objects, events as their bytes, what is undefined left out. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof EncodedEvent) return Buffer.from(value.bytes).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  const made = value.constructor as unknown as MessageClass | undefined;
  if (made !== undefined && 'toObject' in made) return made.toObject(value, PLAIN);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === undefined ? [] : [[name, plain(inner)]])),
  );
}

function through(envelopes: readonly BusEnvelope[], payloadBytesMax = PAYLOAD_BYTES_MAX): BusEnvelope[] {
  return encodeEnvelopes(envelopes, payloadBytesMax).flatMap(decodeEnvelopes);
}

const refusal = (correlation: number, sentence = ''): BusEnvelope => ({
  type: 'refusal',
  correlation,
  error: 'timeout',
  sentence,
  retryAfterMs: 0,
});

describe('an envelope', () => {
  it.each(Object.entries(ENVELOPES))('of type %s is the same after the bus as before it', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (one) => {
        expect(through([one]).map(plain)).toEqual([plain(one)]);
      }),
    );
  });

  it.each(Object.entries(NOTICES))('with the notice %s is the same after the bus as before it', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (notice) => {
        const tell: BusEnvelope = { type: 'tell', actor: 'user:alice', notice, onlyIfActive: false };
        expect(through([tell]).map(plain)).toEqual([plain(tell)]);
      }),
    );
  });

  it('of a later version is left out, and those beside it are not', () => {
    const unknown = Writer.create()
      .uint32(99 << 3)
      .uint32(1)
      .finish();
    const later = Writer.create()
      .uint32((1 << 3) | 2)
      .bytes(unknown)
      .finish();
    const [known = new Uint8Array(0)] = encodeEnvelopes([refusal(7)], PAYLOAD_BYTES_MAX);
    expect(decodeEnvelopes(Buffer.concat([later, known])).map(plain)).toEqual([plain(refusal(7))]);
  });

  it('that refuses with an error of a later version says so in its sentence', () => {
    const later = { refusal: { correlation: 3, error: 'too_clever', sentence: 'Too clever.', retryAfterMs: 5 } };
    const payload = bus.Batch.encode({ envelopes: [later] }).finish();
    const expected = { type: 'refusal', correlation: 3, error: 'internal', sentence: 'Too clever.', retryAfterMs: 5 };
    expect(decodeEnvelopes(payload)).toEqual([expected]);
  });

  it('does not refer to the payload that it came in', () => {
    const one: BusEnvelope = {
      type: 'fanout',
      events: { channelId: 'g', head: 1, events: [EncodedEvent.of(v1.Event.create({ seq: 1, from: 'alice' }))] },
    };
    const [payload = new Uint8Array(0)] = encodeEnvelopes([one], PAYLOAD_BYTES_MAX);
    const decoded = decodeEnvelopes(payload);
    payload.fill(0);
    expect(decoded.map(plain)).toEqual([plain(one)]);
  });
});

describe('a batch of envelopes', () => {
  it('keeps its order, in payloads none of which is too large', () => {
    const batch = fc.array(envelope, { maxLength: 12 });
    fc.assert(
      fc.property(batch, fc.integer({ min: 2_000, max: 10_000 }), (envelopes, payloadBytesMax) => {
        const fitting = envelopes.filter((one) => (encodeEnvelopes([one], PAYLOAD_BYTES_MAX)[0]?.length ?? 0) < 1_990);
        const payloads = encodeEnvelopes(fitting, payloadBytesMax);
        for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(payloadBytesMax);
        expect(payloads.flatMap(decodeEnvelopes).map(plain)).toEqual(fitting.map(plain));
      }),
    );
  });

  it('travels in as few payloads as there must be', () => {
    const envelopes = Array.from({ length: 100 }, (_, i) => refusal(i, 'x'.repeat(1_000)));
    expect(encodeEnvelopes(envelopes, PAYLOAD_BYTES_MAX)).toHaveLength(1);
    expect(encodeEnvelopes(envelopes, 11_000)).toHaveLength(10);
    expect(encodeEnvelopes([], PAYLOAD_BYTES_MAX)).toEqual([]);
  });

  it('with one envelope that no payload can hold is refused whole', () => {
    const envelopes = [refusal(1), refusal(2, 'x'.repeat(2_000)), refusal(3)];
    expect(() => encodeEnvelopes(envelopes, 1_000)).toThrow(
      expect.objectContaining({ kind: 'frame_too_large' }) as ParleyError,
    );
  });
});

describe('a payload', () => {
  it('throws nothing but coded errors, whatever its bytes are', () => {
    const damaged = fc
      .tuple(fc.array(envelope, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat({ max: 255 }))
      .map(([envelopes, at, byte]) => {
        const data = Uint8Array.from(encodeEnvelopes(envelopes, PAYLOAD_BYTES_MAX)[0] ?? []);
        data[at % data.length] = byte;
        return data;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), (data) => {
        try {
          decodeEnvelopes(data);
        } catch (error) {
          expect(error).toBeInstanceOf(ParleyError);
        }
      }),
    );
  });
});
