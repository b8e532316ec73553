import { expect, it } from 'vitest';
import { FakeClock } from '../../../src/core/testing/fake-clock.js';
import { Long, v1 } from '../../../src/protocol/wire.js';
import { directChannels, judgeLedgers } from '../../run/verdict.js';
import { Tally } from '../record/tally.js';
import type { Connection, ConnectionHandlers } from '../transport/connection.js';
import { bodyOf } from './message-body.js';
import { ParleySession } from './parley-session.js';

const CHANNEL = 'u0~u1';
const CURSOR = { term: 1, sub: 1, inboxSeq: 0 };

/** Message `number` of u0 to u1, at position `number` + 1 of channel and inbox. */
const entry = (number: number, body: v1.IEvent = {}): v1.IDelivery => ({
  cursor: { ...CURSOR, inboxSeq: number + 1 },
  event: {
    channelId: CHANNEL,
    seq: number + 1,
    messageId: Long.fromNumber(number + 1, true),
    from: 'u0',
    clientMessageId: `b${number}`,
    message: { text: bodyOf(number, 'u0') },
    ...body,
  },
});

/** User 1, connected; what the server says next is up to the test. */
async function connected() {
  const given = away();
  const arrived = given.session.arrive();
  await given.clock.advance(1);
  await arrived;
  return given;
}

/** User 1, who has not connected yet. */
function away() {
  const clock = new FakeClock();
  const tally = new Tally();
  let handlers: ConnectionHandlers | undefined;
  const connections = { opened: 0, closed: 0 };
  const say = (frame: v1.IServerFrame): void => {
    const bytes = Buffer.from(v1.ServerFrame.encode(frame).finish());
    handlers?.onFrame(bytes, 0, bytes.length);
  };
  const open = async (_place: unknown, theirs: ConnectionHandlers): Promise<Connection> => {
    handlers = theirs;
    connections.opened++;
    return {
      send: ({ requestId, hello }) => {
        if (hello) clock.defer(() => say({ requestId: requestId ?? 0, welcome: { cursor: CURSOR } }));
      },
      traffic: () => ({ requests: 0, bytesOut: 0, bytesIn: 0 }),
      close: () => {
        connections.closed++;
        theirs.onClose(1006);
      },
    };
  };
  const places = [{ host: '127.0.0.1', port: 1, path: '/', fromAddress: undefined }];
  const session = new ParleySession(
    { user: 1, userId: 'u1', peerId: 'u0', token: '', steady: true, places, open },
    tally,
    clock,
  );
  const deliver = (...items: v1.IDelivery[]): void => say({ deliveries: { items } });
  return { clock, tally, session, deliver, connections };
}

/** By the checker, after u0 sent so many. */
function judged({ ledger }: Tally, sent: number) {
  for (let number = 0; number < sent; number++) {
    ledger.sent(number, 0, ledger.place(CHANNEL));
    ledger.acknowledged(number, number + 1, 0, number + 1);
  }
  const channels = directChannels(['u0', 'u1']);
  return judgeLedgers([ledger.bytes()], { userId: (user) => `u${user}`, readers: new Set([0, 1]), channels });
}

it('counts each event that comes twice, and each cursor that does not grow, where every frame is handled twice', async () => {
  const { tally, deliver } = await connected();
  for (const _ of [1, 2]) deliver(entry(0), entry(1));
  for (const _ of [1, 2]) deliver(entry(2));
  expect([tally.deliveredCount, tally.againCount, tally.cursorsBackCount]).toEqual([3, 3, 3]);
  expect(judged(tally, 3).findings).toEqual([]);
});

it('keeps the furthest cursor of a connection', async () => {
  const { session, deliver } = await connected();
  deliver(entry(1), entry(0));
  expect(session.cursorNow()).toEqual({ ...CURSOR, inboxSeq: 2 });
});

it('takes a cursor that a welcome sets back, and one of a later epoch, as the protocol has them', async () => {
  const { clock, tally, session, deliver } = await connected();
  deliver(entry(0), entry(1));
  session.cut();
  await clock.advance(60_000);
  expect(session.cursorNow()).toEqual(CURSOR);
  deliver(entry(1), entry(2));
  deliver({ ...entry(3), cursor: { term: 2, sub: 1, inboxSeq: 1 } });
  expect([tally.deliveredCount, tally.againCount, tally.cursorsBackCount]).toEqual([4, 1, 0]);
});

it.each([
  ['the body of another message', { message: { text: bodyOf(7, 'u0') } }],
  ['the body of another sender', { message: { text: bodyOf(1, 'u2') } }],
  ["another sender's name", { from: 'u2' }],
  ['no body of the load', { message: { text: 'surprise' } }],
])('has the checker find a message that came with %s', async (_what, changed) => {
  const { tally, deliver } = await connected();
  deliver(entry(0), entry(1, changed), entry(2));
  expect(judged(tally, 3).findings.map(({ sentence }) => sentence)).toEqual([
    expect.stringMatching(/^u0~u1: position 2 is .*another body or sender.* to u1\/bench/),
  ]);
});

it('takes a body that is withheld or erased for the right one', async () => {
  const { tally, deliver } = await connected();
  deliver(entry(0, { hidden: true, message: null }), entry(1, { deleted: true, message: null }));
  expect(judged(tally, 2).findings).toEqual([]);
});

it('has one connection, though it is told to come while it comes back by itself', async () => {
  const { clock, session, connections } = away();
  const arrivals = [session.arrive(), session.arrive()];
  await clock.advance(1);
  await Promise.all(arrivals);
  expect([connections, session.isWelcome]).toEqual([{ opened: 2, closed: 1 }, true]);
});

it('has none when it left while it was connecting', async () => {
  const { clock, session, connections } = away();
  const arrived = session.arrive();
  session.close();
  await clock.advance(1);
  await arrived;
  expect([connections, session.isWelcome]).toEqual([{ opened: 1, closed: 1 }, false]);
});
