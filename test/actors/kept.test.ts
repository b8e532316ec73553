/** What a user keeps beside the inbox: unread counts, read cursors, receipts, presence; and what is found by its id. */
import { describe, expect, it } from 'vitest';
import { encodeReadCursor } from '../../src/actors/user/checkpoint.js';
import { ParleyError } from '../../src/core/errors.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld } from './fixture.js';

const world = () => memoryWorld('alice', 'bob', 'carol', 'dave');

describe('what a user keeps', () => {
  it('counts unread messages of others, on every device, until they are read', async () => {
    const chat = await world();
    const phone = await chat.connect('bob');
    for (let i = 1; i <= 120; i++) await chat.send('alice', { userId: 'bob' }, `${i}`);
    const list = { type: 'listChannels', value: v1.ListChannels.create({}) } as const;
    expect(await chat.request('bob', list)).toMatchObject({
      value: { channels: [{ channelId: 'alice~bob', unread: 100, head: 121 }] },
    });
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId: 'alice~bob', seq: 120 }) });
    expect(await chat.request('bob', list)).toMatchObject({ value: { channels: [{ unread: 1, readSeq: 120 }] } });
    expect(phone.session.events.at(-1)).toMatchObject({
      event: { type: 'readUpdate', value: { seq: 120, unread: 1 } },
    });
    await chat.crash();
    expect(await chat.request('bob', list)).toMatchObject({ value: { channels: [{ unread: 1, readSeq: 120 }] } });
  });

  it('says that a cursor is read when that is durable, to whoever asks for the same again, too', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'hi');
    const bob = await chat.connect('bob');
    await chat.clock.advance(100); // for the inbox to be durable
    const { committer } = chat.node.host;
    const submit = committer.submit.bind(committer);
    const isCursor = ({ writes }: Parameters<typeof submit>[0]): boolean =>
      writes.some((write) => write.type === 'record' && write.record.key.startsWith('read/'));
    const read = { type: 'markRead', value: v1.MarkRead.create({ channelId: 'alice~bob', seq: 2 }) } as const;
    const answers: string[] = [];
    const ask = (): void =>
      void chat.request('bob', read).then(
        ({ type }) => answers.push(type),
        (error: { kind: string }) => answers.push(error.kind),
      );
    const held: Parameters<typeof submit>[0][] = [];
    committer.submit = (commit) => (isCursor(commit) ? void held.push(commit) : submit(commit));
    ask();
    await chat.clock.settle();
    ask();
    await chat.clock.settle();
    expect([answers, held.length]).toEqual([[], 1]);
    held[0]?.refused(new ParleyError('storage_full'));
    await chat.clock.settle();
    expect(answers).toEqual(['storage_full', 'storage_full']);
    committer.submit = submit;
    ask();
    await chat.clock.settle();
    expect(answers.at(-1)).toBe('done');
    expect(bob.session.events.at(-1)).toMatchObject({ event: { type: 'readUpdate', value: { seq: 2, unread: 0 } } });
    await chat.crash();
    const list = { type: 'listChannels', value: v1.ListChannels.create({}) } as const;
    expect(await chat.request('bob', list)).toMatchObject({ value: { channels: [{ unread: 0, readSeq: 2 }] } });
  });

  it('refuses a read cursor ahead of the head', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'hi');
    const ahead = { type: 'markRead', value: v1.MarkRead.create({ channelId: 'alice~bob', seq: 9 }) } as const;
    await expect(chat.request('bob', ahead)).rejects.toMatchObject({ kind: 'invalid_argument' });
  });

  it('tells the sender what was delivered and read', async () => {
    const chat = await world();
    const [alice, bob] = [await chat.connect('alice'), await chat.connect('bob')];
    await chat.send('alice', { userId: 'bob' }, 'hi');
    chat.confirm(bob.id, { acknowledged: true });
    await chat.clock.advance(2_000);
    const receipts = () =>
      alice.session.events.flatMap((item) =>
        item.type === 'session_event' && item.event.type === 'receipts' ? (item.event.value.items ?? []) : [],
      );
    expect(receipts().at(-1)).toMatchObject({ userId: 'bob', deliveredSeq: 2, readSeq: 0 });
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId: 'alice~bob', seq: 2 }) });
    await chat.clock.advance(2_000);
    expect(receipts().at(-1)).toMatchObject({ userId: 'bob', readSeq: 2 });
  });

  it('knows what was read also after a crash, when the reader is back, or says it again', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'hi');
    const read = () =>
      chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId: 'alice~bob', seq: 2 }) });
    const told = async (): Promise<unknown> => {
      await chat.clock.advance(3_000);
      const value = v1.GetChannel.create({ channelId: 'alice~bob' });
      const answer = await chat.request('alice', { type: 'getChannel', value });
      const members = answer.type === 'channel' ? (answer.value.members ?? []) : [];
      const bob = members.find(({ userId }) => userId === 'bob');
      return [bob?.deliveredSeq, bob?.readSeq];
    };
    await read();
    expect(await told()).toEqual([2, 2]);
    await chat.crash();
    await chat.clock.advance(3_000);
    await chat.connect('bob');
    expect(await told()).toEqual([2, 2]);
    await chat.crash();
    await chat.clock.advance(3_000);
    await read();
    expect(await told()).toEqual([2, 2]);
    await chat.send('alice', { userId: 'bob' }, 'of the morning');
    await chat.clock.advance(3_600_000);
    const value = v1.MarkRead.create({ channelId: 'alice~bob', seq: 3 });
    await chat.request('bob', { type: 'markRead', value });
    await chat.crash();
    await chat.connect('bob');
    expect(await told()).toEqual([3, 3]); // though the channel had long been at rest
  });

  it('knows what was read also after its channel alone crashed, while the reader’s actor lives on', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'hi');
    await chat.clock.advance(100);
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId: 'alice~bob', seq: 2 }) });
    await chat.clock.advance(100);
    const { committer } = chat.node.host;
    const { submit } = committer;
    committer.submit = (commit) => commit.refused(new ParleyError('storage_full'));
    await expect(chat.send('alice', { userId: 'bob' }, 'lost')).rejects.toMatchObject({ kind: 'storage_full' });
    committer.submit = submit;
    await chat.clock.advance(3_000);
    const value = v1.GetChannel.create({ channelId: 'alice~bob' });
    const answer = await chat.request('alice', { type: 'getChannel', value });
    const members = answer.type === 'channel' ? answer.value.members : [];
    expect(members?.find(({ userId }) => userId === 'bob')?.readSeq).toBe(2);
  });

  it('shows a group what was read only when everyone may see it: the group may hold strangers, and who is blocked', async () => {
    const chat = await world();
    const bob = chat.people.accounts.get('bob');
    if (bob === undefined) throw new Error('nobody');
    bob.receiptsFor = 'friends';
    bob.friends.add('carol');
    bob.blocked.add('alice');
    const channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob', 'carol']);
    const readOfBob = async (receiptsFor: 'everyone' | 'friends'): Promise<unknown> => {
      const { seq } = await chat.say('alice', channelId, { message: { text: 'hi' } });
      bob.receiptsFor = receiptsFor;
      chat.edge.tell('user:bob', { type: 'directory_changed' });
      await chat.clock.settle();
      await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId, seq }) });
      await chat.clock.advance(3_000);
      const answer = await chat.request('alice', { type: 'getChannel', value: v1.GetChannel.create({ channelId }) });
      const items = answer.type === 'channel' ? (answer.value.members ?? []) : [];
      return items.find(({ userId }) => userId === 'bob')?.readSeq;
    };
    expect(await readOfBob('friends')).toBe(0);
    expect(await readOfBob('everyone')).toBe(3);
  });

  it('tells nothing of what came to a device of who is invisible, until it is read, or they are visible', async () => {
    const chat = await world();
    const [alice, bob] = [await chat.connect('alice'), await chat.connect('bob')];
    const receipts = () =>
      alice.session.events.flatMap((item) =>
        item.type === 'session_event' && item.event.type === 'receipts' ? (item.event.value.items ?? []) : [],
      );
    const choose = (choice: v1.PresenceState) =>
      chat.request('bob', { type: 'setPresence', value: v1.SetPresence.create({ choice }) });
    const say = async (text: string): Promise<void> => {
      await chat.send('alice', { userId: 'bob' }, text);
      chat.confirm(bob.id, { acknowledged: true });
      await chat.clock.advance(2_000);
    };
    await choose(v1.PresenceState.INVISIBLE);
    await say('one');
    expect(receipts()).toEqual([]);
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId: 'alice~bob', seq: 2 }) });
    await chat.clock.advance(2_000);
    expect(receipts()).toMatchObject([{ userId: 'bob', deliveredSeq: 2, readSeq: 2 }]);
    await say('two');
    expect(receipts()).toHaveLength(1);
    await choose(v1.PresenceState.ONLINE);
    await chat.clock.advance(2_000);
    expect(receipts().at(-1)).toMatchObject({ userId: 'bob', deliveredSeq: 3, readSeq: 2 });
  });

  it('tells what was delivered of what came before the recipient’s actor went to rest, but nothing of what had come to a device', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'seen by a device');
    chat.confirm(bob.id, { acknowledged: true });
    chat.disconnect('bob', bob.id);
    await chat.clock.advance(300_000);
    await chat.send('carol', { userId: 'bob' }, 'hi');
    await chat.clock.advance(300_000);
    const [alice, carol] = [await chat.connect('alice'), await chat.connect('carol')];
    const back = await chat.connect('bob', bob.session.deliveries.at(-1)?.cursor);
    const receipts = (who: typeof alice) =>
      who.session.events.flatMap((item) =>
        item.type === 'session_event' && item.event.type === 'receipts' ? (item.event.value.items ?? []) : [],
      );
    await chat.clock.settle();
    chat.confirm(back.id, { acknowledged: true });
    await chat.clock.advance(2_000);
    expect(receipts(carol)).toMatchObject([{ userId: 'bob', deliveredSeq: 2 }]);
    expect(receipts(alice)).toEqual([]);
  });

  it('knows as read what was read before its own entry was durable, which comes again after a crash', async () => {
    const chat = await world();
    const record = { key: 'read/alice~bob', version: { term: 1, sub: 1, counter: 1 }, value: encodeReadCursor(2) };
    await chat.node.host.store.write([{ type: 'record', partition: 'user:bob', record }]);
    await chat.send('alice', { userId: 'bob' }, 'read');
    await chat.send('alice', { userId: 'bob' }, 'not read');
    const list = await chat.request('bob', { type: 'listChannels', value: v1.ListChannels.create({}) });
    expect(list).toMatchObject({ value: { channels: [{ readSeq: 2, unread: 1 }] } });
  });

  it('takes the cursor of a poll for what was delivered', async () => {
    const chat = await world();
    const alice = await chat.connect('alice');
    const caller = { userId: 'bob', deviceId: 'd', sessionId: '' };
    const poll = (cursor?: v1.ICursor) => chat.question('user:bob', { type: 'inbox_read', caller, cursor, limit: 10 });
    await poll();
    await chat.send('alice', { userId: 'bob' }, 'hi');
    const page = await poll({ term: 0, sub: 0, inboxSeq: 0 });
    if (page.type !== 'inbox_page') throw new Error(page.type);
    expect(page.value.items).toHaveLength(2);
    await poll(page.value.cursor);
    await chat.clock.advance(2_000);
    expect(alice.session.events.at(-1)).toMatchObject({
      event: { type: 'receipts', value: { items: [{ userId: 'bob', deliveredSeq: 2 }] } },
    });
  });

  it('finds a message by its id alone, before and after it left memory, for members only', async () => {
    const chat = await world();
    const ack = await chat.send('alice', { userId: 'bob' }, 'find me');
    if (ack.type !== 'sendAck' || !ack.value.messageId) throw new Error(ack.type);
    const find = { type: 'getMessage', value: v1.GetMessage.create({ messageId: ack.value.messageId }) } as const;
    expect(await chat.request('bob', find)).toMatchObject({ value: { message: { text: 'find me' } } });
    await chat.clock.advance(200_000);
    await chat.crash();
    expect(await chat.request('bob', find)).toMatchObject({ value: { message: { text: 'find me' } } });
    await expect(chat.request('carol', find)).rejects.toMatchObject({ kind: 'message_not_found' });
  });

  it('shows presence to friends, offline only after the grace, and to nobody else', async () => {
    const chat = await world();
    chat.people.accounts.get('bob')?.friends.add('alice');
    const [alice, carol] = [await chat.connect('alice'), await chat.connect('carol')];
    for (const [name, id] of [
      ['alice', alice.id],
      ['carol', carol.id],
    ] as const) {
      await chat.request(name, { type: 'watchPresence', value: v1.WatchPresence.create({ userIds: ['bob'] }) }, id);
    }
    await chat.clock.advance(1_500);
    const states = (of: typeof alice) =>
      of.session.events.flatMap((item) =>
        item.type === 'session_event' && item.event.type === 'presence'
          ? (item.event.value.items?.map((presence) => presence.state) ?? [])
          : [],
      );
    const bob = await chat.connect('bob');
    chat.disconnect('bob', bob.id);
    await chat.clock.advance(20_000);
    expect(states(alice)).toEqual([v1.PresenceState.OFFLINE, v1.PresenceState.ONLINE]);
    await chat.clock.advance(15_000);
    expect(states(alice)).toEqual([v1.PresenceState.OFFLINE, v1.PresenceState.ONLINE, v1.PresenceState.OFFLINE]);
    expect(new Set(states(carol))).toEqual(new Set([v1.PresenceState.PRESENCE_UNKNOWN]));
  });
});
