/** A deleted message loses its text in the inboxes of those, too, who left before: they are told nothing. */
import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../src/core/errors.js';
import { LIMITS } from '../../src/core/limits.js';
import { stored as kept } from '../../src/protocol/stored.js';
import { v1 } from '../../src/protocol/wire.js';
import { holdWrites, isRowOf, memoryWorld, type World } from './fixture.js';

const SECRET = 'the code is';
const PEOPLE = ['alice', 'bob', 'carol'];
const { MENTION_USER, MENTION_CHANNEL } = v1.MentionKind;
const { GROUP, BROADCAST } = v1.ChannelKind;

const world = () => memoryWorld(...PEOPLE);

const created = (chat: World, kind: v1.ChannelKind): Promise<string> =>
  chat.createChannel('alice', kind, ['bob', 'carol']);

const say = (chat: World, channelId: string, content: v1.ISend) => chat.say('alice', channelId, content);

async function leaves(chat: World, userId: string, channelId: string): Promise<void> {
  await chat.request(userId, { type: 'leave', value: v1.LeaveChannel.create({ channelId }) });
  await chat.clock.advance(5_000);
}

async function erased(chat: World, channelId: string, { messageId }: v1.SendAck): Promise<void> {
  await chat.question(`channel:${channelId}`, { type: 'erase_message', messageId });
}

const mention = (kind: v1.MentionKind, userId = ''): v1.IMessageBody => ({
  text: `@name ${SECRET} 4711`,
  mentions: [{ kind, userId, start: 0, length: 5 }],
});

async function rowCount(chat: World, userId: string): Promise<number> {
  return (await chat.node.host.store.readRows(`user:${userId}`, 0, 1e6, 1e6)).length;
}

/** All that the store holds of these users and the channel, as text. */
async function stored(chat: World, channelId: string): Promise<string> {
  const found: string[] = [];
  for (const log of [`channel:${channelId}`, ...PEOPLE.map((userId) => `user:${userId}`)]) {
    const rows = await chat.node.host.store.readRows(log, 0, 1e6, 1e6);
    const records = await chat.node.host.store.readRecords(log, '', 1e6);
    for (const body of [...rows.map((row) => row.body), ...records.map(({ value }) => value)])
      if (Buffer.from(body).toString('latin1').includes(SECRET)) found.push(log);
  }
  return [...new Set(found)].join(' ');
}

/** The deletions that former members are still to be told of, as the store has them. */
async function waiting(chat: World, channelId: string): Promise<readonly number[] | undefined> {
  const record = await chat.node.host.store.readRecord(`channel:${channelId}`, 'erased/former');
  return record && kept.WaitingSeqs.decode(record.value).seqs;
}

/** The store does not take what erases rows of the user. */
function refuseErasures(chat: World, userId: string): { readonly refused: number } {
  const { committer } = chat.node.host;
  const commit = committer.commit.bind(committer);
  const state = { refused: 0 };
  const refusing: typeof commit = async (writes) => {
    if (!writes.some((write) => write.type === 'erase' && write.log === `user:${userId}`)) return commit(writes);
    state.refused++;
    throw new ParleyError('unavailable');
  };
  Object.assign(committer, { commit: refusing });
  return state;
}

describe('the text of a message of a group that is deleted after somebody left', () => {
  it('leaves their inbox with that of its edits, without a row that tells them', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    const said = await say(chat, channelId, { message: { text: `${SECRET} 4711` } });
    await say(chat, channelId, { edit: { seq: said.seq, message: { text: `${SECRET} 4712` } } });
    await leaves(chat, 'bob', channelId);
    await say(chat, channelId, { message: { text: 'without bob' } });
    const { session } = await chat.connect('bob');
    const rows = await rowCount(chat, 'bob');
    expect(await stored(chat, channelId)).toContain('user:bob');
    await erased(chat, channelId, said);
    await chat.clock.advance(300_000);
    expect(await stored(chat, channelId)).toBe('');
    expect([await rowCount(chat, 'bob'), session.deliveries]).toEqual([rows, []]);
    const { session: later } = await chat.connect('bob', { term: 1, sub: 1, inboxSeq: 0 });
    expect(later.deliveries.map(({ event }) => event?.value.deleted)).toContain(true);
    expect(later.texts).toEqual([]);
  });

  it('leaves it also when they came and went again', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    const said = await say(chat, channelId, { message: { text: `${SECRET} 4711` } });
    await leaves(chat, 'bob', channelId);
    await chat.request('alice', { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds: ['bob'] }) });
    await leaves(chat, 'bob', channelId);
    await erased(chat, channelId, said);
    await chat.clock.advance(5_000);
    expect(await stored(chat, channelId)).toBe('');
  });

  it('leaves it once their inbox can be written again, also after a crash of the channel’s owner', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    const said = await say(chat, channelId, { message: { text: `${SECRET} 4711` } });
    await leaves(chat, 'bob', channelId);
    const first = refuseErasures(chat, 'bob');
    await erased(chat, channelId, said);
    await chat.clock.advance(60_000);
    expect(first.refused).toBeGreaterThan(3);
    expect(await waiting(chat, channelId)).toHaveLength(1);
    expect(await stored(chat, channelId)).toBe('user:bob');
    await chat.crash();
    const again = refuseErasures(chat, 'bob');
    await chat.clock.advance(200_000);
    expect(again.refused).toBeGreaterThan(3);
    await chat.crash(); // of the next owner, too, whom nobody but the active set has called
    await chat.clock.advance(60_000);
    expect(await stored(chat, channelId)).toBe('');
    expect(await waiting(chat, channelId)).toEqual([]);
  });

  it('leaves it when the inbox takes longer to look through than the channel waits, and is looked through once', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    const said = await say(chat, channelId, { message: { text: `${SECRET} 4711` } });
    await leaves(chat, 'bob', channelId);
    const { store } = chat.node.host;
    const readRows = store.readRows.bind(store);
    let looked = 0;
    store.readRows = async (log, ...range) => {
      if (log !== 'user:bob') return readRows(log, ...range);
      looked++;
      await new Promise<void>((resolve) => chat.clock.after(25_000, resolve));
      return readRows(log, ...range);
    };
    await erased(chat, channelId, said);
    for (let second = 0; second < 120; second++) await chat.clock.advance(1_000);
    expect(await waiting(chat, channelId)).toEqual([]);
    expect(looked).toBeLessThan(4); // the checkpoint looks, too
    store.readRows = readRows;
    await chat.clock.advance(300_000);
    expect(await stored(chat, channelId)).toBe('');
  });

  it('leaves it also when the owner dies before it knows that it is to', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    const said = await say(chat, channelId, { message: { text: `${SECRET} 4711` } });
    await leaves(chat, 'bob', channelId);
    await erased(chat, channelId, said);
    await chat.crash();
    await chat.clock.advance(20_000);
    expect(await stored(chat, channelId)).toBe('');
  });

  it('leaves it when it gets there late, after the deletion', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    await chat.clock.advance(5_000);
    const release = holdWrites(chat, isRowOf('user:bob'));
    const said = await say(chat, channelId, { message: { text: `${SECRET} 4711` } });
    await leaves(chat, 'bob', channelId);
    await erased(chat, channelId, said);
    await chat.clock.advance(30_000);
    release();
    await chat.clock.advance(60_000);
    expect(await rowCount(chat, 'bob')).toBe(3);
    expect(await stored(chat, channelId)).toBe('');
  });

  it('is not looked for where no inbox holds it any more', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    const said = await say(chat, channelId, { message: { text: `${SECRET} 4711` } });
    await leaves(chat, 'bob', channelId);
    await chat.clock.advance(300_000);
    chat.clock.jump(LIMITS.inboxKeepMs + 1);
    await erased(chat, channelId, said);
    await chat.clock.settle();
    expect(await waiting(chat, channelId)).toBeUndefined();
  });
});

describe('the text of a message of the fan-out tier that is deleted after somebody left', () => {
  it('leaves their inbox and their feed where it mentions them', async () => {
    const chat = await world();
    const channelId = await created(chat, BROADCAST);
    const said = await say(chat, channelId, { message: mention(MENTION_USER, 'bob') });
    await chat.clock.advance(300_000); // the feed is written
    await leaves(chat, 'bob', channelId);
    expect(await stored(chat, channelId)).toContain('user:bob');
    await erased(chat, channelId, said);
    await chat.clock.advance(5_000);
    expect(await stored(chat, channelId)).toBe('');
    await chat.crash();
    expect(await stored(chat, channelId)).toBe('');
  });

  it('leaves them by whoever owns the channel at last, though its log is not read again', async () => {
    const chat = await world();
    const channelId = await created(chat, BROADCAST);
    const said = await say(chat, channelId, { message: mention(MENTION_USER, 'bob') });
    await leaves(chat, 'bob', channelId);
    const first = refuseErasures(chat, 'bob');
    await erased(chat, channelId, said);
    await chat.clock.advance(5_000);
    for (
      let seq = 0;
      seq < LIMITS.checkpointEvery; // the last is the checkpoint
    )
      seq = (await say(chat, channelId, { message: { text: 'more' } })).seq;
    await chat.clock.advance(5_000);
    expect(first.refused).toBeGreaterThan(0);
    await chat.crash();
    const second = refuseErasures(chat, 'bob');
    await chat.clock.advance(200_000);
    expect(second.refused).toBeGreaterThan(3);
    expect(await stored(chat, channelId)).toBe('user:bob');
    await chat.crash();
    await chat.clock.advance(60_000);
    expect(await stored(chat, channelId)).toBe('');
  });

  it('leaves all inboxes where it mentions everybody, also of those who are back', async () => {
    const chat = await world();
    const channelId = await created(chat, BROADCAST);
    const said = await say(chat, channelId, { message: mention(MENTION_CHANNEL) });
    await leaves(chat, 'bob', channelId);
    await leaves(chat, 'carol', channelId);
    await chat.request('alice', { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds: ['bob'] }) });
    await erased(chat, channelId, said);
    await chat.clock.advance(300_000);
    expect(await stored(chat, channelId)).toBe('');
  });
});

describe('the texts of several messages that are deleted', () => {
  it('leave an inbox that gets all of it at once', async () => {
    const chat = await world();
    const channelId = await created(chat, GROUP);
    await chat.clock.advance(5_000);
    const release = holdWrites(chat, isRowOf('user:bob'));
    for (const text of ['first', 'second']) {
      const { seq } = await say(chat, channelId, { message: { text: `${SECRET} ${text}` } });
      await say(chat, channelId, { erase: { seq } });
    }
    await chat.clock.advance(1_000);
    release();
    await chat.clock.advance(300_000);
    expect(await stored(chat, channelId)).toBe('');
  });
});
