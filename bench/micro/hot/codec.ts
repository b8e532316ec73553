/** Frames from and to bytes: what a client sends most, and what it is sent most. */
import { encodeClientFrame, encodeServerFrame } from '../../../src/protocol/codec.js';
import type { ServerFrame } from '../../../src/protocol/frames.js';
import { serverCodec } from '../../../src/protocol/strict-codec.js';
import { v1 } from '../../../src/protocol/wire.js';
import { BODY_TEXT } from '../../load/session/session.js';
import type { Candidate, MicroCase } from './case.js';
import { sampleEncoded, sampleEvent } from './sample.js';

function repeat(name: string, work: (index: number) => unknown): Candidate {
  return {
    name,
    run(count) {
      for (let index = 0; index < count; index++) kept.last = work(index);
    },
  };
}

/** What was made last: nothing may be optimised away. */
const kept: { last: unknown } = { last: undefined };

const REQUEST = {
  requestId: 77,
  send: { userId: 'bob', clientMessageId: 'm77', base: 76, message: { text: BODY_TEXT } },
};
const EVENT = sampleEncoded(77);
const DELIVERY = { cursor: { term: 1, sub: 1, inboxSeq: 77 }, unread: 1 };

export const readFrame: MicroCase = {
  name: 'codec: read',
  one: 'a send of 200 bytes',
  count: 100_000,
  open() {
    const bytes = encodeClientFrame(REQUEST);
    const text = Buffer.from(JSON.stringify(REQUEST));
    const protobuf = serverCodec('parley.v1.protobuf');
    const json = serverCodec('parley.v1.json');
    return [
      repeat('generated protobuf code', () => v1.ClientFrame.decode(bytes)),
      repeat('Parley, protobuf', () => protobuf.decode(bytes)),
      repeat('JSON.parse', () => JSON.parse(text.toString())),
      repeat('Parley, JSON', () => json.decode(text)),
    ];
  },
};

export const writeFrame: MicroCase = {
  name: 'codec: write',
  one: 'a delivery of an event that has its bytes',
  count: 100_000,
  open() {
    const frame = (event = EVENT): ServerFrame => ({
      requestId: 0,
      sessionSeq: 5,
      body: { type: 'deliveries', value: [{ ...DELIVERY, event }] },
    });
    const json = serverCodec('parley.v1.json');
    const plain = { sessionSeq: 5, deliveries: { items: [{ ...DELIVERY, event: sampleEvent(77) }] } };
    return [
      repeat('generated protobuf code', () => v1.ServerFrame.encode(plain).finish()),
      repeat('Parley, protobuf', () => encodeServerFrame(frame())),
      repeat('Parley, JSON', () => json.encode(frame())),
    ];
  },
};
