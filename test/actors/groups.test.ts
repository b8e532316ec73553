import { describe, expect, it } from 'vitest';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World, worldOn } from './fixture.js';
import { memoryPlace, openMemory } from './store.js';

const { GROUP, BROADCAST } = v1.ChannelKind;
const { OWNER, ADMIN, MEMBER } = v1.Role;

const world = () => memoryWorld('alice', 'bob', 'carol', 'dave');

const group = (chat: World, members: string[], more: v1.ICreateChannel = {}): Promise<string> =>
  chat.createChannel('alice', GROUP, members, { name: 'Friends', ...more });

const invite = (channelId: string, ...userIds: string[]) =>
  ({ type: 'invite', value: v1.InviteMembers.create({ channelId, userIds }) }) as const;
const leave = (channelId: string) => ({ type: 'leave', value: v1.LeaveChannel.create({ channelId }) }) as const;
const remove = (channelId: string, userId: string) =>
  ({ type: 'remove', value: v1.RemoveMember.create({ channelId, userId }) }) as const;
const role = (channelId: string, userId: string, given: v1.Role) =>
  ({ type: 'setRole', value: v1.SetRole.create({ channelId, userId, role: given }) }) as const;
const history = (channelId: string) =>
  ({ type: 'readHistory', value: v1.ReadHistory.create({ channelId, beforeSeq: 0 }) }) as const;

describe('a group', () => {
  it('gives every member every event from joining to leaving', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob']);
    const [bob, carol] = [await chat.connect('bob'), await chat.connect('carol')];
    await chat.send('alice', { channelId }, 'before carol');
    await chat.request('alice', invite(channelId, 'carol'));
    await chat.send('bob', { channelId }, 'with carol');
    await chat.request('carol', leave(channelId));
    await chat.send('alice', { channelId }, 'after carol');
    expect(bob.session.texts).toEqual(['before carol', 'with carol', 'after carol']);
    expect(carol.session.seen).toEqual([3, 4, 5].map((seq) => `${channelId}#${seq}`));
    await expect(chat.send('carol', { channelId }, 'still here?')).rejects.toMatchObject({ kind: 'not_a_member' });
  });

  it('is the same one for the same idempotency key', async () => {
    const chat = await world();
    expect(await group(chat, ['bob'])).toBe(await group(chat, ['bob']));
  });

  it('lets only those change it whose role allows, and keeps an owner', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob', 'carol']);
    await expect(chat.request('bob', remove(channelId, 'carol'))).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(chat.request('bob', role(channelId, 'bob', OWNER))).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(chat.request('alice', role(channelId, 'alice', MEMBER))).rejects.toMatchObject({ kind: 'last_owner' });
    await expect(chat.request('alice', leave(channelId))).rejects.toMatchObject({ kind: 'last_owner' });
    await chat.request('alice', role(channelId, 'bob', ADMIN));
    await chat.request('bob', remove(channelId, 'carol'));
    await expect(chat.request('bob', remove(channelId, 'alice'))).rejects.toMatchObject({ kind: 'forbidden' });
    await chat.request('alice', role(channelId, 'bob', OWNER));
    expect((await chat.request('alice', leave(channelId))).type).toBe('done');
  });

  it('looks to strangers as if it did not exist, unless it is public', async () => {
    const chat = await world();
    const secret = await group(chat, []);
    const join = (channelId: string) => ({ type: 'join', value: v1.JoinChannel.create({ channelId }) }) as const;
    await expect(chat.request('dave', join(secret))).rejects.toMatchObject({ kind: 'channel_not_found' });
    await expect(chat.request('dave', history(secret))).rejects.toMatchObject({ kind: 'not_a_member' });
    const open = await group(chat, [], { public: true, idempotencyKey: 'open' });
    expect(await chat.request('dave', join(open))).toMatchObject({ type: 'channel', value: { channelId: open } });
  });

  it('refuses to invite somebody who has no account', async () => {
    const chat = await world();
    const channelId = await group(chat, []);
    await expect(chat.request('alice', invite(channelId, 'nobody'))).rejects.toMatchObject({ kind: 'user_not_found' });
  });

  it('of the fan-out tier is followed by a session that nobody knew when its user came, and no longer when they were removed', async () => {
    const chat = await world();
    const interest = ({ session }: Awaited<ReturnType<World['connect']>>) =>
      session.events.flatMap((event) => (event.type === 'fanout_interest' ? [[event.add, event.remove]] : []));
    const channelId = await group(chat, [], { kind: BROADCAST });
    const bob = await chat.connect('bob');
    await chat.crash();
    await chat.request('alice', invite(channelId, 'bob'));
    chat.confirmLease('bob');
    await chat.clock.settle();
    expect(interest(bob)).toEqual([[[channelId], []]]);
    await chat.crash();
    await chat.request('alice', remove(channelId, 'bob'));
    chat.confirmLease('bob');
    await chat.clock.settle();
    expect(interest(bob).at(-1)).toEqual([[], [channelId]]);
  });

  it('becomes a fan-out channel above its limit and comes back below it, and nobody misses an event', async () => {
    const chat = await world();
    const names = Array.from({ length: 620 }, (_, i) => `user${i}`);
    chat.people.add(...names);
    const channelId = await group(chat, names.slice(0, 200));
    const first = await chat.connect('user0');
    for (let from = 200; from < 600; from += 100)
      await chat.request('alice', invite(channelId, ...names.slice(from, from + 100)));
    const info = await chat.request('alice', { type: 'getChannel', value: v1.GetChannel.create({ channelId }) });
    expect(info).toMatchObject({ value: { tier: v1.Tier.FANOUT, memberCount: 601 } });
    await chat.edge.subscribeFanout(channelId);
    await chat.send('alice', { channelId }, 'to all');
    expect(chat.fanouts).toHaveLength(1);
    expect(first.session.deliveries.at(-1)?.event?.value.body).toBe('tierChanged');
    const late = await chat.connect('user610');
    await chat.request('alice', invite(channelId, 'user610'));
    const interest = late.session.events.flatMap((event) => (event.type === 'fanout_interest' ? event.add : []));
    expect(interest).toEqual([channelId]);
    for (const name of names.slice(390, 600)) await chat.request('alice', remove(channelId, name));
    await chat.send('alice', { channelId }, 'by inbox again');
    expect(first.session.texts).toEqual(['by inbox again']);
    const value = v1.ReadHistory.create({ channelId, afterSeq: 1, limit: 200 });
    const answer = await chat.request('user0', { type: 'readHistory', value });
    expect(JSON.stringify(answer)).toContain('to all');
  });
});

describe('a broadcast channel', () => {
  it('keeps thousands of members over crashes, whose changes cost no more than the pages they touch', async () => {
    const chat = await world();
    const names = Array.from({ length: 1_500 }, (_, i) => `user${String(i).padStart(4, '0')}`);
    chat.people.add(...names);
    const channelId = await group(chat, names.slice(0, 200), { kind: BROADCAST });
    for (let from = 200; from < 1_500; from += 100)
      await chat.request('alice', invite(channelId, ...names.slice(from, from + 100)));
    await chat.clock.advance(200_000); // passivated, after a checkpoint
    await chat.crash();
    const pagesWritten: string[] = [];
    const submit = chat.node.host.committer.submit.bind(chat.node.host.committer);
    chat.node.host.committer.submit = (commit) => {
      for (const write of commit.writes)
        if (write.type === 'record' && write.record.key.startsWith('members/')) pagesWritten.push(write.record.key);
      submit(commit);
    };
    await chat.request('alice', remove(channelId, 'user0700'));
    await chat.request('alice', role(channelId, 'user0701', ADMIN));
    await chat.clock.advance(200_000);
    expect(pagesWritten.length).toBeLessThanOrEqual(2);
    await chat.crash();
    const members: (v1.IMember | undefined)[] = [];
    for (let after = ''; ; after = members.at(-1)?.userId ?? '') {
      const value = v1.ListMembers.create({ channelId, after, limit: 500 });
      const answer = await chat.request('alice', { type: 'listMembers', value });
      if (answer.type !== 'memberList') throw new Error(answer.type);
      members.push(...(answer.value.members ?? []));
      if (answer.value.more !== true) break;
    }
    const expected = ['alice', ...names.filter((name) => name !== 'user0700')];
    expect(members.map((member) => member?.userId)).toEqual(expected);
    expect(members.find((member) => member?.userId === 'user0701')?.role).toBe(ADMIN);
    await chat.request('alice', role(channelId, 'user0701', OWNER));
    expect((await chat.request('alice', leave(channelId))).type).toBe('done');
  });

  it('lets owners and admins write and everybody read', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob'], { kind: BROADCAST });
    const bob = await chat.connect('bob');
    await chat.edge.subscribeFanout(channelId);
    await expect(chat.send('bob', { channelId }, 'me too')).rejects.toMatchObject({ kind: 'forbidden' });
    await chat.send('alice', { channelId }, 'news');
    expect(chat.fanouts).toHaveLength(1);
    expect(bob.session.texts).toEqual([]);
  });

  it('stands in the list of conversations with its head, its newest message, and what is not read yet', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob'], { kind: BROADCAST });
    const list = { type: 'listChannels', value: v1.ListChannels.create({}) } as const;
    for (let count = 1; count <= 3; count++) await chat.send('alice', { channelId }, `news ${count}`);
    const shown = { channelId, head: 4, readSeq: 1, unread: 3, lastMessage: { message: { text: 'news 3' } } };
    expect(await chat.request('bob', list)).toMatchObject({ value: { channels: [shown] } });
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId, seq: 3 }) });
    await chat.crash();
    expect(await chat.request('bob', list)).toMatchObject({
      value: { channels: [{ ...shown, readSeq: 3, unread: 1 }] },
    });
    await chat.send('alice', { channelId }, 'news 4');
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId, seq: 5 }) });
    const ahead = chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId, seq: 6 }) });
    await expect(ahead).rejects.toMatchObject({ kind: 'invalid_argument' });
  });

  it('tells its head again after an event, so that a lost one shows, and stops when it is quiet', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob'], { kind: BROADCAST });
    await chat.edge.subscribeFanout(channelId);
    await chat.send('alice', { channelId }, 'news');
    await chat.clock.advance(20_000);
    expect(chat.fanouts.slice(1)).toContainEqual({ type: 'fanout', events: { channelId, head: 2, events: [] } });
    await chat.clock.advance(60_000);
    const told = chat.fanouts.length;
    await chat.clock.advance(60_000);
    expect(chat.fanouts).toHaveLength(told);
  });
});

describe('an inbox', () => {
  it('names the heads of the channels to a device that comes back after it was trimmed', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'long ago');
    await chat.request('bob', leave(await group(chat, ['bob'])));
    const old = bob.session.deliveries.at(-1)?.cursor;
    chat.disconnect('bob', bob.id);
    await chat.send('alice', { userId: 'bob' }, 'long ago, too');
    chat.clock.jump(31 * 24 * 3600 * 1000);
    await chat.send('alice', { userId: 'bob' }, 'today');
    await chat.clock.advance(200_000); // passivated: what is older than 30 days is gone from the inbox
    const back = await chat.connect('bob', old);
    expect(back.session.texts).toEqual([]);
    expect(back.session.events).toMatchObject([
      { event: { type: 'limited', value: { heads: [{ channelId: 'alice~bob', seq: 4 }], more: false } } },
    ]);
    await chat.send('alice', { userId: 'bob' }, 'and on');
    expect(back.session.texts).toEqual(['and on']);
    const answer = await chat.request('bob', history('alice~bob'));
    expect(JSON.stringify(answer)).toContain('long ago, too');
  });

  it('makes nobody wait while what is too old is dropped', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'long ago');
    const { store } = chat.node.host;
    const { write } = store;
    let drops = 0;
    store.write = (batch) => {
      if (!batch.some(({ type }) => type === 'trim')) return write(batch);
      drops++;
      return new Promise(() => undefined); // a store that takes its time
    };
    chat.clock.jump(31 * 24 * 3600 * 1000);
    await chat.send('alice', { userId: 'bob' }, 'today');
    await chat.clock.advance(200_000);
    expect(drops).toBeGreaterThan(0);
    expect(await chat.send('alice', { userId: 'bob' }, 'and on')).toMatchObject({ type: 'sendAck' });
  });
});

describe('a full store', () => {
  it('refuses with storage_full, acknowledges nothing, and goes on when there is room', async () => {
    let full = false;
    const place = memoryPlace();
    const chat = await worldOn((incarnation) => openMemory(place, incarnation, () => full), 'alice', 'bob');
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.clock.advance(100);
    full = true;
    await expect(chat.send('alice', { userId: 'bob' }, 'two', { clientMessageId: 'two' })).rejects.toMatchObject({
      kind: 'storage_full',
    });
    full = false;
    const again = chat.send('alice', { userId: 'bob' }, 'two', { clientMessageId: 'two' });
    await chat.clock.advance(1_000);
    expect(await again).toMatchObject({ value: { seq: 3 } });
    expect(bob.session.texts).toEqual(['one', 'two']);
  });
});
