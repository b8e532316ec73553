/** When a session begins to follow a large channel: what the inbox holds of it comes first, whoever reads it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.js';
import type { FakeSocket } from '../../src/gateway/testing/fake-socket.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';
import { RealGateway } from './real-gateway.js';

let chat: World;
let gateway: RealGateway;
let channelId = '';

beforeEach(async () => {
  chat = await memoryWorld('alice', 'bob', 'carol');
  gateway = new RealGateway(chat);
  channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['carol']);
  await gateway.connect('alice');
  await chat.send('alice', { channelId }, 'before', { base: 1 });
  await gateway.pass(1); // the gateway knows the channel's head
});

const inviteBob = () =>
  chat.request('alice', { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds: ['bob'] }) });

/** What a socket was told of the channel since the last call: its seqs that came by inbox, the heads that came by fan-out. */
function toldOf(socket: FakeSocket): string[] {
  return socket.read().flatMap(({ deliveries, fanout }) => {
    const items = (deliveries?.items ?? []).filter(({ event }) => event?.channelId === channelId);
    const entries = items.map(({ event }) => `inbox ${event?.seq}`);
    return fanout?.channelId === channelId ? [...entries, `head ${fanout.head}`] : entries;
  });
}

describe('who is put into a large channel', () => {
  it('has that by inbox before the head, connected as they are', async () => {
    const bob = await gateway.connect('bob');
    await inviteBob();
    await chat.clock.settle();
    expect(toldOf(bob)).toEqual(['inbox 3', 'head 3']);
    expect(bob.followed.has(channelId)).toBe(true);
  });

  it('has it before the head where they were away for it and for what was said then', async () => {
    const before = await gateway.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'hello');
    await gateway.pass(1);
    const cursor = before
      .read()
      .flatMap(({ deliveries }) => deliveries?.items ?? [])
      .at(-1)?.cursor;
    before.link.lost(1000);
    await inviteBob();
    for (const text of ['one', 'two']) await chat.send('alice', { channelId }, text, { base: 2 });
    const back = await gateway.connect('bob', cursor ?? undefined);
    await gateway.pass(1);
    expect(toldOf(back)).toEqual(['inbox 3', 'head 5']);
  });

  it('has it before the head where what brought it was lost', async () => {
    const bob = await gateway.connect('bob');
    const { push } = chat.node.host;
    chat.node.host.push = (to, envelope) => void (envelope.type === 'push' || push.call(chat.node.host, to, envelope));
    await inviteBob();
    await chat.send('alice', { channelId }, 'one', { base: 2 });
    chat.node.host.push = push;
    await gateway.pass(40);
    expect(toldOf(bob).slice(0, 2)).toEqual(['inbox 3', 'head 4']);
  });

  it('has it before the head on a session that is resumed', async () => {
    const bob = await gateway.connect('bob');
    const sessionId = bob.read()[0]?.welcome?.sessionId ?? '';
    bob.link.lost(1006);
    await inviteBob();
    await chat.send('alice', { channelId }, 'one', { base: 2 });
    const back = await gateway.connect('bob', undefined, 'phone', { sessionId, sessionSeq: 0 });
    await gateway.pass(1);
    expect(toldOf(back)).toEqual(['inbox 3', 'head 4']);
  });
});

it('a device whose inbox does not reach back is told what it is limited to before it follows', async () => {
  await inviteBob();
  for (let count = 3; count < LIMITS.checkpointEvery; count++) await chat.send('alice', { userId: 'bob' }, `${count}`);
  await chat.clock.advance(1_000);
  chat.clock.jump(LIMITS.inboxKeepMs + 1);
  await chat.send('alice', { userId: 'bob' }, 'new');
  await gateway.pass(1);
  const back = await gateway.connect('bob', { term: 0, sub: 0, inboxSeq: 0 });
  await gateway.pass(1);
  expect(back.readTypes().filter((type) => type !== 'heartbeat')).toEqual(['welcome', 'limited', 'fanout']);
});
