import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLOSE, ERRORS } from '../core/errors.js';
import { encodeClientFrame } from '../protocol/codec.js';
import { serverCodec } from '../protocol/strict-codec.js';
import { SUBPROTOCOLS } from '../protocol/version.js';
import type { v1 } from '../protocol/wire.js';
import { cursor } from './testing/fake-cluster.js';
import type { FakeSocket } from './testing/fake-socket.js';
import { Stage } from './testing/stage.js';

const CLOSE_CODES = new Set<number>(Object.values(CLOSE));
const RUNS = { numRuns: 60 };

/** What a client may see: frames that are known, errors with their codes, and at most one close with a known code. */
function expectCivil(socket: FakeSocket): void {
  for (const frame of socket.read()) {
    if (frame.body !== 'error') continue;
    const spec = Object.entries(ERRORS).find(([name]) => name === frame.error?.name)?.[1];
    expect(frame.error?.code).toBe(spec?.code);
    expect(frame.error?.name).not.toBe('internal');
    expect(frame.error?.sentence).not.toBe('');
  }
  if (socket.closedWith !== undefined) expect(CLOSE_CODES).toContain(socket.closedWith);
}

const bytes = fc.uint8Array({ maxLength: 200 });
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom('alice~bob', 'gaaaaaaaaaaaaaaaa', 'bob', '', '\u{d800}'),
);
const small = fc.constantFrom(0, 1, 2, 2 ** 31, 2 ** 32 - 1);
const someCursor = fc.record({ term: small, sub: small, inboxSeq: small });
const body: fc.Arbitrary<v1.IClientFrame> = fc.oneof(
  fc
    .record({ token: fc.oneof(text, fc.constant('alice.phone')), deviceId: text, cursor: someCursor })
    .map((hello) => ({ hello })),
  fc.record({ sessionId: text, sessionSeq: small }).map((resume) => ({ hello: { token: 'alice.phone', resume } })),
  someCursor.map((at) => ({ heartbeat: { cursor: at } })),
  fc.record({ cursor: someCursor, sessionSeq: small }).map((acknowledge) => ({ acknowledge })),
  fc
    .record({
      channelId: text,
      userId: text,
      clientMessageId: text,
      base: small,
      after: text,
      message: fc.record({ text }),
    })
    .map((send) => ({ send })),
  fc
    .record({ kind: small, name: text, members: fc.array(text, { maxLength: 3 }) })
    .map((createChannel) => ({ createChannel })),
  fc.record({ channelId: text, userId: text, role: small }).map((setRole) => ({ setRole })),
  fc.record({ channelId: text, beforeSeq: small, limit: small }).map((readHistory) => ({ readHistory })),
  fc.array(text, { maxLength: 3 }).map((userIds) => ({ watchPresence: { userIds } })),
  fc.constant({}),
);
const frame = fc.tuple(small, body).map(([requestId, rest]) => encodeClientFrame({ requestId, ...rest }));
/** A frame with some bytes changed: nearly right is odder than wrong. */
const bentFrame = fc.tuple(frame, fc.nat(), fc.nat(255)).map(([data, at, value]) => {
  const bent = Uint8Array.from(data);
  if (bent.length > 0) bent[at % bent.length] = value;
  return bent;
});

test('arbitrary bytes decode to a frame or to a coded error, in both subprotocols', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SUBPROTOCOLS), fc.oneof(bytes, bentFrame), (subprotocol, data) => {
      try {
        expect(serverCodec(subprotocol).decode(data).body.type).toBeTypeOf('string');
      } catch (error) {
        expect(error).toMatchObject({
          kind: expect.stringMatching(/^(malformed_frame|unknown_type|invalid_argument)$/),
        });
      }
    }),
    { numRuns: 500 },
  );
});

test('arbitrary JSON decodes to a frame or to a coded error', () => {
  const keys = [
    'requestId',
    'hello',
    'send',
    'token',
    'cursor',
    'message',
    'text',
    'userIds',
    '__proto__',
    'constructor',
  ];
  const json = fc.object({ key: fc.oneof(fc.constantFrom(...keys), fc.string({ maxLength: 8 })), maxDepth: 3 });
  fc.assert(
    fc.property(json, (value) => {
      try {
        serverCodec('parley.v1.json').decode(Buffer.from(JSON.stringify(value)));
      } catch (error) {
        expect(error).toMatchObject({
          kind: expect.stringMatching(/^(malformed_frame|unknown_type|invalid_argument)$/),
        });
      }
    }),
    { numRuns: 500 },
  );
});

test('arbitrary bytes before and after hello get errors and a close, and leave others alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(bytes, bentFrame), { maxLength: 12 }),
      fc.boolean(),
      async (inputs, loggedIn) => {
        const stage = new Stage();
        const other = await stage.login({ token: 'bob.phone', cursor: cursor(0) });
        const socket = loggedIn ? (await stage.login()).socket : stage.connect();
        for (const data of inputs) socket.sendBytes(data);
        await stage.sweeps(1);
        expectCivil(socket);
        stage.cluster.push(other.id, 0, ['still here']);
        await stage.clock.settle();
        expect(other.socket.texts()).toEqual(['still here']);
      },
    ),
    RUNS,
  );
});

const step = fc.oneof(
  frame.map((data) => ({ type: 'frame', data }) as const),
  fc.nat(5).map((afterSeq) => ({ type: 'push', afterSeq }) as const),
  fc.constantFrom('lose', 'resume', 'sweep', 'settle', 'clog', 'drop').map((type) => ({ type }) as const),
);

test('whatever valid frames, losses and pushes come in whatever order, each device sees its inbox in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const stage = new Stage();
      let { socket, id } = await stage.login({ cursor: cursor(0) });
      const positions: number[] = [];
      const look = (): void => {
        for (const { deliveries } of socket.frames) {
          positions.push(...(deliveries?.items ?? []).map((item) => item.cursor?.inboxSeq ?? 0));
        }
        expectCivil(socket);
      };
      for (const next of steps) {
        if (next.type === 'frame') socket.sendBytes(next.data);
        else if (next.type === 'push') stage.cluster.push(id, next.afterSeq, ['text']);
        else if (next.type === 'lose') socket.link.lost(1006);
        else if (next.type === 'clog') socket.buffered = 10_000_000;
        else if (next.type === 'drop') socket.dropping = true;
        else if (next.type === 'settle') await stage.clock.settle();
        else if (next.type === 'sweep') await stage.sweeps(1);
        else {
          look();
          const at = positions.at(-1) ?? 0;
          ({ socket, id } = await stage.login({ cursor: cursor(at), resume: { sessionId: id, sessionSeq: 0 } }));
        }
      }
      await stage.sweeps(1);
      look();
      const seen = new Set<number>();
      for (const position of positions) {
        // Again is allowed (resume from the start), ahead of a gap never.
        expect(position === 1 || seen.has(position - 1)).toBe(true);
        seen.add(position);
      }
    }),
    RUNS,
  );
});

test('a request that cannot be read or is too large is refused by its own id, and whole ones beside it go on', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  const send = (text: string): Uint8Array =>
    encodeClientFrame({ requestId: 7, send: { userId: 'bob', clientMessageId: 'a', message: { text } } });
  const notUtf8 = send('?');
  notUtf8[notUtf8.lastIndexOf('?'.charCodeAt(0))] = 0xff;
  socket.sendBytes(notUtf8);
  socket.sendBytes(send('x'.repeat(70_000)));
  await stage.clock.settle();
  expect(socket.read().map(({ requestId, error }) => [requestId, error?.name])).toEqual([
    [7, 'malformed_frame'],
    [7, 'frame_too_large'],
  ]);
  expect(socket.closedWith).toBeUndefined();
});

test('a frame in the form of the other subprotocol is nobody’s request, whatever its bytes would say', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  socket.sendBytes(encodeClientFrame({ requestId: 7, join: { channelId: 'gaaaaaaaaaaaaaaaa' } }), false);
  await stage.clock.settle();
  expect(socket.read().map(({ requestId, error }) => [requestId, error?.name])).toEqual([[0, 'malformed_frame']]);
});

test('the id of a request is found in what is left of its frame', () => {
  const whole = encodeClientFrame({ requestId: 300, join: { channelId: 'gaaaaaaaaaaaaaaaa' } });
  const { requestIdOf } = serverCodec('parley.v1.protobuf');
  expect(
    [whole, whole.subarray(0, -3), whole.subarray(0, 1), new Uint8Array()].map((data) => requestIdOf(data)),
  ).toEqual([300, 300, 0, 0]);
  const ofJson = serverCodec('parley.v1.json').requestIdOf;
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  expect(
    ['{"requestId":5,"join":7}', '{"requestId":"x"}', '{"requestId":5', 'null', '7'].map((json) => ofJson(text(json))),
  ).toEqual([5, 0, 0, 0, 0]);
});
