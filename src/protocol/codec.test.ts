import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import {
  decodeServerFrame,
  decodeServerFrameJson,
  encodeClientFrame,
  encodeClientFrameJson,
  encodeServerFrame,
  encodeServerFrameJson,
} from './codec.js';
import { EncodedEvent } from './encoded-event.js';
import type { Delivery, PlainServerBody, ServerFrame } from './frames.js';
import { serverCodec } from './strict-codec.js';
import {
  arbitraryMessage,
  arbitraryOnly,
  choicesOf,
  loadSchema,
  type PlainMessage,
} from './testing/arbitrary-message.js';
import { Long, v1, Writer } from './wire.js';

const binary = serverCodec('parley.v1.protobuf');
const json = serverCodec('parley.v1.json');
const schema = loadSchema('client');
const clientFrame = schema.lookupType('ClientFrame');
const serverFrame = schema.lookupType('ServerFrame');
const PLAIN = { longs: String, enums: String };
const requestId = fc.nat({ max: 2 ** 32 - 1 });
const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** The kind of the ParleyError that decoding throws; 'decoded' if none. Any other error fails the test. */
function outcome(codec: typeof json, data: Uint8Array): string {
  try {
    codec.decode(data);
    return 'decoded';
  } catch (error) {
    if (error instanceof ParleyError) return error.kind;
    throw error;
  }
}

describe("a client's frame", () => {
  it.each(choicesOf(clientFrame, 'body').map((field) => [field.name, field] as const))(
    '%s reads the same in both subprotocols as it was written',
    (name, field) => {
      fc.assert(
        fc.property(requestId, arbitraryOnly(field), (id, body) => {
          const frame = v1.ClientFrame.fromObject({ requestId: id, ...body });
          const expected = v1.ClientFrame.toObject(frame, PLAIN)[name] as unknown;
          const decoded = [
            binary.decode(encodeClientFrame(frame)),
            json.decode(utf8(encodeClientFrameJson(frame))),
            json.decode(utf8(JSON.stringify({ requestId: id, ...body }))),
          ];
          for (const { requestId: readId, body: read } of decoded) {
            expect(readId).toBe(id);
            expect(read.type).toBe(name);
            const again = v1.ClientFrame.fromObject({ [read.type]: read.value });
            expect(v1.ClientFrame.toObject(again, PLAIN)[name]).toEqual(expected);
          }
        }),
      );
    },
  );

  it('holds 64-bit ids as decimal strings in JSON, exact above 2^53', () => {
    const frame = json.decode(utf8('{"requestId":1,"getMessage":{"messageId":"9007199254740993"}}'));
    expect(frame.body).toMatchObject({
      type: 'getMessage',
      value: { messageId: Long.fromString('9007199254740993', true) },
    });
    const text = encodeClientFrameJson({ getMessage: { messageId: Long.fromString('9223372036854775807', true) } });
    expect(text).toBe('{"getMessage":{"messageId":"9223372036854775807"}}');
  });

  it('without a body, or with one of a later version only, is of an unknown type', () => {
    expect(outcome(binary, new Uint8Array())).toBe('unknown_type');
    expect(outcome(binary, encodeClientFrame({ requestId: 7 }))).toBe('unknown_type');
    const later = Writer.create()
      .uint32((900 << 3) | 2)
      .bytes(new Uint8Array(3))
      .finish();
    expect(outcome(binary, later)).toBe('unknown_type');
    expect(outcome(json, utf8('{}'))).toBe('unknown_type');
    expect(outcome(json, utf8('{"requestId":1,"dance":{}}'))).toBe('unknown_type');
  });

  it('with fields of a later version is read without them', () => {
    const known = encodeClientFrame({ requestId: 7, join: { channelId: 'c' } });
    const later = Writer.create()
      .uint32((900 << 3) | 2)
      .bytes(new Uint8Array(3))
      .finish();
    expect(binary.decode(Buffer.concat([known, later])).body).toMatchObject({
      type: 'join',
      value: { channelId: 'c' },
    });
    expect(json.decode(utf8('{"join":{"channelId":"c","mood":{"x":[1]}}}')).body.type).toBe('join');
  });
});

describe('a frame in JSON whose types are wrong', () => {
  it.each([
    ['a text for a truth', 'createChannel', '{"public":"false"}', 'createChannel.public must be true or false.'],
    ['a number for a truth', 'createChannel', '{"public":1}', 'createChannel.public must be true or false.'],
    ['a number for a text', 'join', '{"channelId":7}', 'join.channelId must be a string.'],
    ['a truth for a text', 'send', '{"message":{"text":true}}', 'send.message.text must be a string.'],
    ['an object for a text', 'join', '{"channelId":{"toString":1}}', 'join.channelId must be a string.'],
    ['a text for a number', 'markRead', '{"seq":"5"}', 'markRead.seq must be a whole number from 0 to 4294967295.'],
    ['a fraction', 'markRead', '{"seq":1.5}', 'markRead.seq must be a whole number from 0 to 4294967295.'],
    ['a negative number', 'markRead', '{"seq":-1}', 'markRead.seq must be a whole number from 0 to 4294967295.'],
    ['2^32', 'markRead', '{"seq":4294967296}', 'markRead.seq must be a whole number from 0 to 4294967295.'],
    [
      'a number of 64 bits',
      'getMessage',
      '{"messageId":5}',
      'getMessage.messageId must be a string of decimal digits.',
    ],
    [
      'digits that are none',
      'getMessage',
      '{"messageId":"0x5"}',
      'getMessage.messageId must be a string of decimal digits.',
    ],
    [
      '2^64',
      'getMessage',
      '{"messageId":"18446744073709551616"}',
      'getMessage.messageId must be a string of decimal digits.',
    ],
    [
      'an unknown name',
      'setRole',
      '{"role":"KING"}',
      'setRole.role must be one of ROLE_UNSPECIFIED, MEMBER, ADMIN, OWNER.',
    ],
    ["a name's number", 'setRole', '{"role":3}', 'setRole.role must be one of ROLE_UNSPECIFIED, MEMBER, ADMIN, OWNER.'],
    ['a text for a list', 'invite', '{"userIds":"alice"}', 'invite.userIds must be a list.'],
    ['nothing in a list', 'invite', '{"userIds":["bob",null]}', 'Each of invite.userIds must be a string.'],
    ['a text for an object', 'join', '"c"', 'join must be an object.'],
    ['a list for an object', 'send', '{"message":[]}', 'send.message must be an object.'],
    [
      'both of two',
      'readHistory',
      '{"beforeSeq":5,"afterSeq":1}',
      'Give one of readHistory.beforeSeq and readHistory.afterSeq, not both.',
    ],
  ])('is refused, and its request is told why: %s', (_what, type, value, sentence) => {
    const decode = () => json.decode(utf8(`{"requestId":7,"${type}":${value}}`));
    expect(decode).toThrow(expect.objectContaining({ kind: 'invalid_argument', requestId: 7, message: sentence }));
  });

  it('is refused with two bodies, and with an id that is none', () => {
    const twice = () => json.decode(utf8('{"requestId":7,"join":{},"leave":{}}'));
    expect(twice).toThrow(expect.objectContaining({ kind: 'invalid_argument', requestId: 7 }));
    const named = () => json.decode(utf8('{"requestId":"7","join":{}}'));
    expect(named).toThrow(expect.objectContaining({ kind: 'invalid_argument', requestId: 0 }));
  });

  it('may say null for what it leaves out', () => {
    const text = '{"requestId":1,"join":null,"createChannel":{"kind":"GROUP","public":null,"members":null}}';
    expect(json.decode(utf8(text)).body).toMatchObject({
      type: 'createChannel',
      value: { public: false, members: [] },
    });
  });
});

describe('what is no frame', () => {
  it('has strings that are not UTF-8: refused, not mended', () => {
    const frame = Buffer.from(encodeClientFrame({ requestId: 1, join: { channelId: 'abc' } }));
    frame[frame.indexOf('abc')] = 0xff;
    expect(outcome(binary, frame)).toBe('malformed_frame');
    const text = Buffer.from('{"join":{"channelId":"abc"}}');
    text[text.indexOf('abc')] = 0xff;
    expect(outcome(json, text)).toBe('malformed_frame');
    // An overlong form, and half a surrogate pair written as UTF-8.
    for (const odd of [
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
    ]) {
      const strings = Buffer.concat([Buffer.from('{"join":{"channelId":"'), Buffer.from(odd), Buffer.from('"}}')]);
      expect(outcome(json, strings)).toBe('malformed_frame');
    }
  });

  it.each([
    ['nothing', ''],
    ['half of one', '{"join":{"channelId":"c"'],
    ['a list', '[{"join":{}}]'],
    ['a number', '7'],
    ['null', 'null'],
  ])('is refused: %s', (_what, text) => {
    expect(outcome(json, utf8(text))).toBe('malformed_frame');
  });

  it('is refused when its length goes beyond its end', () => {
    expect(outcome(binary, Uint8Array.of((5 << 3) | 2, 200))).toBe('malformed_frame');
    expect(outcome(binary, Uint8Array.of(8, 0x80))).toBe('malformed_frame');
  });

  it('may be nested as deep as a frame is long', () => {
    const groups = new Uint8Array(LIMITS.frameBytesMax).fill((15 << 3) | 3);
    expect(outcome(binary, groups)).toBe('malformed_frame');
    const deep = LIMITS.frameBytesMax / 2 - 20;
    const lists = '['.repeat(deep) + ']'.repeat(deep);
    expect(outcome(json, utf8(lists))).toBe('malformed_frame');
    expect(outcome(json, utf8(`{"later":${lists}}`))).toBe('unknown_type');
    expect(outcome(json, utf8(`{"join":{"channelId":${lists}}}`))).toBe('invalid_argument');
    const objects = `{"send":${'{"message":'.repeat(4000)}{}${'}'.repeat(4001)}`;
    expect(outcome(json, utf8(objects))).toBe('decoded');
  });

  it('may hold a list as long as a frame is: it is read, and the length is judged later', () => {
    const userIds = Array.from({ length: LIMITS.frameBytesMax / 3 - 20 }, () => '');
    const frame = json.decode(utf8(JSON.stringify({ watchPresence: { userIds } })));
    expect(frame.body).toMatchObject({ type: 'watchPresence', value: { userIds: { length: userIds.length } } });
    expect(outcome(binary, encodeClientFrame({ watchPresence: { userIds } }))).toBe('decoded');
  });

  it('throws nothing but coded errors, whatever the bytes are', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, (data) => typeof outcome(binary, data) === 'string' && outcome(json, data) !== 'decoded'),
    );
  });

  it('throws nothing but coded errors, whatever the JSON is', () => {
    const fieldNames = clientFrame.fieldsArray.map((field) => field.name);
    const value = fc.json({ maxDepth: 4 });
    const frame = fc
      .tuple(fc.constantFrom(...fieldNames), value)
      .map(([name, text]) => `{"requestId":${text},"${name}":${text}}`);
    fc.assert(fc.property(fc.oneof(value, frame), (text) => typeof outcome(json, utf8(text)) === 'string'));
  });

  it('throws nothing but coded errors, whatever became of the bytes of a true one', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(arbitraryMessage(clientFrame), damage, fc.nat(), (plain, changes, cut) => {
        for (const codec of [binary, json]) {
          const frame = v1.ClientFrame.fromObject(plain);
          const whole = codec.binary ? encodeClientFrame(frame) : utf8(encodeClientFrameJson(frame));
          const data = Uint8Array.from(whole.subarray(0, whole.length - (cut % 3)));
          for (const [at, byte] of changes) if (data.length > 0) data[at % data.length] = byte;
          outcome(codec, data);
        }
      }),
    );
  });
});

const SPLICED: ReadonlySet<string> = new Set(['deliveries', 'fanout']);

function plainOf(frame: v1.ServerFrame): PlainMessage {
  return v1.ServerFrame.toObject(frame, PLAIN);
}

describe("a server's frame", () => {
  const plainBodies = choicesOf(serverFrame, 'body').filter((field) => !SPLICED.has(field.name));

  it.each(plainBodies.map((field) => [field.name, field] as const))(
    '%s reads the same in both subprotocols as it was written',
    (name, field) => {
      fc.assert(
        fc.property(requestId, requestId, arbitraryOnly(field), (id, sessionSeq, plain) => {
          const whole = v1.ServerFrame.fromObject({ requestId: id, sessionSeq, ...plain });
          const body = { type: name, value: whole[name as keyof v1.ServerFrame] } as PlainServerBody;
          const frame: ServerFrame = { requestId: id, sessionSeq, body };
          const expected = { ...plainOf(whole), requestId: id, sessionSeq };
          const fromBytes = decodeServerFrame(encodeServerFrame(frame));
          expect({ ...plainOf(fromBytes), requestId: fromBytes.requestId, sessionSeq: fromBytes.sessionSeq }).toEqual(
            expected,
          );
          const fromText = decodeServerFrameJson(encodeServerFrameJson(frame));
          expect({ ...plainOf(fromText), requestId: fromText.requestId, sessionSeq: fromText.sessionSeq }).toEqual(
            expected,
          );
        }),
      );
    },
  );

  it('writes 64-bit integers as decimal strings and enums by name in JSON', () => {
    const messageId = Long.fromString('9223372036854775807', true);
    const text = encodeServerFrameJson({
      requestId: 1,
      sessionSeq: 0,
      body: { type: 'sendAck', value: { channelId: 'a~b', seq: 3, messageId, createdAt: Long.fromNumber(5, true) } },
    });
    expect(text).toBe(
      '{"requestId":1,"sendAck":{"channelId":"a~b","seq":3,"messageId":"9223372036854775807","createdAt":"5"}}',
    );
    const value = { items: [{ userId: 'bob', state: v1.PresenceState.ONLINE }] };
    expect(encodeServerFrameJson({ requestId: 0, sessionSeq: 2, body: { type: 'presence', value } })).toBe(
      '{"sessionSeq":2,"presence":{"items":[{"userId":"bob","state":"ONLINE"}]}}',
    );
  });
});

const position = fc.nat({ max: 1_000_000 });
const event = arbitraryMessage(schema.lookupType('Event')).map((plain) => EncodedEvent.of(v1.Event.fromObject(plain)));
const delivery: fc.Arbitrary<Delivery> = fc.record({
  cursor: fc.record({ term: position, sub: position, inboxSeq: position }),
  event: fc.option(event, { nil: undefined }),
  unread: fc.nat({ max: 100 }),
});

/** As the generated code would write it: what the splicing must match to the byte. */
function generated(frame: ServerFrame, body: v1.IServerFrame): Uint8Array {
  const ids = {
    ...(frame.requestId === 0 ? {} : { requestId: frame.requestId }),
    ...(frame.sessionSeq === 0 ? {} : { sessionSeq: frame.sessionSeq }),
  };
  return v1.ServerFrame.encode({ ...ids, ...body }).finish();
}

function expectSame(frame: ServerFrame, body: v1.IServerFrame): void {
  const bytes = encodeServerFrame(frame);
  expect(Buffer.from(bytes)).toEqual(Buffer.from(generated(frame, body)));
  expect(plainOf(decodeServerFrameJson(encodeServerFrameJson(frame)))).toEqual(plainOf(decodeServerFrame(bytes)));
}

describe('a frame whose events are spliced in as bytes', () => {
  it('is, as deliveries, the same as the generated encoding', () => {
    fc.assert(
      fc.property(position, fc.array(delivery, { maxLength: 5 }), (sessionSeq, value) => {
        const items = value.map((item) => ({
          cursor: item.cursor,
          ...(item.event === undefined ? {} : { event: item.event.value }),
          ...(item.unread === 0 ? {} : { unread: item.unread }),
        }));
        expectSame({ requestId: 0, sessionSeq, body: { type: 'deliveries', value } }, { deliveries: { items } });
      }),
    );
  });

  it('is, as fan-out, the same as the generated encoding', () => {
    const channelId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(channelId, position, fc.array(event, { maxLength: 5 }), (channel, head, events) => {
        const value = { channelId: channel, head, events };
        const fanout = { channelId: channel, head, events: events.map((one) => one.value) };
        expectSame({ requestId: 0, sessionSeq: 0, body: { type: 'fanout', value } }, { fanout });
      }),
    );
  });
});
