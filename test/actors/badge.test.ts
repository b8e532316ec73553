/** The number on the icon of a phone: of all that is unread, also of what the phone was not pushed. */
import { beforeEach, describe, expect, it } from 'vitest';
import { userActor } from '../../src/core/ids.js';
import { LIMITS } from '../../src/core/limits.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

let chat: World;
let phone: number | undefined;

beforeEach(async () => {
  chat = await memoryWorld('alice', 'bob', 'carol');
  phone = undefined;
  const bob = chat.people.accounts.get('bob') ?? expect.fail();
  bob.push = { level: 'everything', muteUntilMs: 0, doNotDisturb: null, timeZone: 'UTC', channels: new Map() };
  chat.edge.tell(userActor('bob'), { type: 'directory_changed' });
});

/** The push role tells the phone all that it was asked to. */
async function pushed(): Promise<void> {
  await chat.clock.advance(LIMITS.pushDelayMs + 1_500);
  for (const { job } of chat.pushes.splice(0)) {
    phone = job.badge;
    chat.edge.tell(userActor('bob'), { type: 'push_done', channelId: job.channelId, seq: job.seq, job: job.type });
  }
  await chat.clock.settle();
}

/** Carol writes while bob is at his desktop, so that his phone hears of alice's message alone. */
async function seenAtTheDesktop(): Promise<void> {
  await chat.send('alice', { userId: 'bob' }, 'at night');
  await pushed();
  const bob = await chat.connect('bob');
  await chat.send('carol', { userId: 'bob' }, 'by day');
  await chat.clock.settle();
  chat.confirm(bob.id, { acknowledged: true });
  await pushed();
  expect([phone, chat.pushes]).toEqual([1, []]);
  await read('alice~bob', 2);
  await pushed();
  expect(phone).toBe(1); // carol's
}

const read = (channelId: string, seq: number) =>
  chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId, seq }) });

describe('the badge of a phone', () => {
  it('is none once everything is read, whichever of it the phone was pushed', async () => {
    await seenAtTheDesktop();
    await read('bob~carol', 2);
    await pushed();
    expect(phone).toBe(0);
  });

  it('is none also when the message was deleted, and after the actor has rested', async () => {
    await seenAtTheDesktop();
    await chat.clock.advance(600_000);
    await chat.say('carol', 'bob~carol', { erase: { seq: 2 } });
    await pushed();
    expect(phone).toBe(0);
  });

  it('waits for the next push when an older message than the one that is shown was deleted, which stays', async () => {
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.send('alice', { userId: 'bob' }, 'two');
    await pushed();
    await chat.say('alice', 'alice~bob', { erase: { seq: 2 } });
    await chat.clock.settle();
    expect([phone, chat.pushes]).toEqual([2, []]);
    await chat.send('carol', { userId: 'bob' }, 'three');
    await pushed();
    expect(phone).toBe(2);
  });

  it('is none, and nothing is shown, once one was removed from the group', async () => {
    const channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob']);
    await chat.send('alice', { channelId }, 'for all');
    await pushed();
    expect(phone).toBe(1);
    await chat.request('alice', { type: 'remove', value: v1.RemoveMember.create({ channelId, userId: 'bob' }) });
    await chat.clock.settle();
    expect(chat.pushes).toMatchObject([{ type: 'push_read', job: { channelId, seq: 3, badge: 0 } }]);
  });

  it('costs no push while nothing was pushed', async () => {
    const bob = await chat.connect('bob');
    await chat.send('carol', { userId: 'bob' }, 'by day');
    await chat.clock.settle();
    chat.confirm(bob.id, { acknowledged: true });
    await read('bob~carol', 2);
    await chat.clock.advance(60_000);
    expect(chat.pushes).toEqual([]);
  });
});
