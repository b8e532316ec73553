import { describe, expect, it } from 'vitest';
import type { ChannelJudge } from '../../src/admin/verify/channel-judge.js';
import { Findings } from '../../src/admin/verify/findings.js';
import { InboxJudge } from '../../src/admin/verify/inbox-judge.js';
import { ParleyError } from '../../src/core/errors.js';
import { shardOf } from '../../src/core/ids.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

const DIRECT = 'alice~mallory';

const world = () => memoryWorld('alice', 'bob', 'mallory');

/** Alice and mallory have talked, and bob has a group with both; mallory has a status. */
async function acquainted(): Promise<{ chat: World; groupId: string }> {
  const chat = await world();
  await chat.send('alice', { userId: 'mallory' }, 'a secret');
  await chat.send('mallory', { userId: 'alice' }, 'hi');
  const groupId = await chat.createChannel('bob', v1.ChannelKind.GROUP, ['alice', 'mallory']);
  const mentions = [{ kind: v1.MentionKind.MENTION_USER, userId: 'mallory', start: 0, length: 3 }];
  await chat.send('bob', { channelId: groupId }, '@ma a rumour', { message: { text: '@ma a rumour', mentions } });
  const standing = v1.SetPresence.create({ status: 'on holiday' });
  await chat.request('mallory', { type: 'setPresence', value: standing });
  await chat.request('mallory', { type: 'markRead', value: v1.MarkRead.create({ channelId: groupId, seq: 2 }) });
  return { chat, groupId };
}

async function forgetOnce(chat: World): Promise<boolean> {
  const answer = await chat.question('user:mallory', { type: 'forget' });
  if (answer.type !== 'forgotten') throw new Error(answer.type);
  return answer.value.done;
}

/** As the admin service asks: again after a refusal that passes. How many answers it took. */
async function forget(chat: World): Promise<number> {
  for (let answers = 1; ; ) {
    const done = await forgetOnce(chat).catch((error: unknown) => {
      if (!(error instanceof ParleyError) || error.kind !== 'unavailable') throw error;
    });
    if (done) return answers;
    if (done === false) answers++;
    await chat.clock.advance(200);
  }
}

async function deleted(chat: World): Promise<World> {
  chat.people.accounts.delete('mallory');
  await forget(chat);
  return chat;
}

/** What the store holds of mallory: rows of the inbox, keys of records, and all of it as text. */
async function storedOf(chat: World) {
  const { store } = chat.node.host;
  const rows = await store.readRows('user:mallory', 0, 1e9, 1e6);
  const records = await store.readRecords('user:mallory', '', 1e6);
  const bodies = [...rows.map(({ body }) => body), ...records.map(({ value }) => value)];
  const text = bodies.map((body) => Buffer.from(body).toString('latin1')).join(' ');
  return { rows: rows.length, keys: records.map(({ key }) => key), text };
}

/** The store takes no record of mallory’s with this key until it is called. */
function refuseRecord(chat: World, key: string): () => void {
  const { committer } = chat.node.host;
  const commit = committer.commit.bind(committer);
  const refusing: typeof commit = async (writes) => {
    for (const write of writes)
      if (write.type === 'record' && write.partition === 'user:mallory' && write.record.key === key)
        throw new ParleyError('storage_full');
    return commit(writes);
  };
  Object.assign(committer, { commit: refusing });
  return () => Object.assign(committer, { commit });
}

/** For twenty minutes mallory’s gateway says that the session goes on. */
async function keptAwake(chat: World): Promise<void> {
  for (let seconds = 0; seconds <= 1_200; seconds += 10) {
    chat.confirmLease('mallory');
    await chat.clock.advance(10_000);
  }
}

async function membersOf(chat: World, channelId: string): Promise<(string | null | undefined)[]> {
  const value = v1.ListMembers.create({ channelId, limit: 9 });
  const answer = await chat.request('alice', { type: 'listMembers', value });
  return answer.type === 'memberList' ? (answer.value.members ?? []).map(({ userId }) => userId) : [];
}

describe('a user whose account was deleted', () => {
  it('is forgotten: inbox, mentions, read cursors and status are gone, for good', async () => {
    const { chat } = await acquainted();
    expect((await storedOf(chat)).text).toContain('rumour');
    await deleted(chat);
    const nothing = {
      rows: 0,
      keys: ['checkpoint', 'tombstone'],
      text: expect.not.stringMatching(/secret|rumour|Tea|~/),
    };
    expect(await storedOf(chat)).toEqual(nothing);
    await chat.clock.advance(120_000);
    await chat.crash();
    expect(await forget(chat)).toBe(1);
    expect(await storedOf(chat)).toEqual(nothing);
  });

  it('leaves all channels, also very many', async () => {
    const { chat, groupId } = await acquainted();
    const others = Array.from({ length: 70 }, (_, index) => `user${index}`);
    chat.people.add(...others);
    for (const other of others) await chat.send(other, { userId: 'mallory' }, 'hello');
    chat.people.accounts.delete('mallory');
    expect(await forget(chat)).toBe(3);
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob']);
    for (const from of ['alice', 'user0', 'user69'])
      await expect(chat.send(from, { userId: 'mallory' }, 'there?')).rejects.toMatchObject({ kind: 'user_not_found' });
  });

  it('is forgotten by whoever goes on after a crash, wherever that was', async () => {
    const { chat, groupId } = await acquainted();
    chat.people.accounts.delete('mallory');
    await forgetOnce(chat);
    await chat.crash();
    await forget(chat);
    expect((await storedOf(chat)).rows).toBe(0);
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob']);
  });

  it.each([false, true])('is forgotten to the end when nobody asks again; its owner crashed: %s', async (crashed) => {
    const { chat, groupId } = await acquainted();
    chat.people.accounts.delete('mallory');
    expect(await forgetOnce(chat)).toBe(false);
    if (crashed) await chat.crash();
    await chat.clock.advance(5_000);
    expect(await storedOf(chat)).toMatchObject({ rows: 0, keys: ['checkpoint', 'tombstone'] });
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob']);
    const active = await chat.node.host.store.readRecords(`active/${shardOf('user:mallory')}`, '', 9);
    expect(active.map(({ key }) => key)).toEqual([]);
  });

  it('is forgotten but for a channel that cannot be left, which is named, and left once it can be', async () => {
    const { chat, groupId } = await acquainted();
    await chat.clock.advance(300_000);
    const { store } = chat.node.host;
    const readEpochs = store.readEpochs.bind(store);
    const opening: string[] = [];
    store.readEpochs = (log) => {
      if (log !== `channel:${groupId}`) return readEpochs(log);
      opening.push(log);
      return Promise.reject(new Error('a bug'));
    };
    chat.people.accounts.delete('mallory');
    expect(await forgetOnce(chat)).toBe(false);
    const answer = await chat.question('user:mallory', { type: 'forget' });
    expect(answer).toEqual({ type: 'forgotten', value: { done: false, notLeft: [groupId] } });
    const opened = opening.length;
    for (let count = 0; count < 5; count++)
      expect(await chat.question('user:mallory', { type: 'forget' })).toEqual(answer);
    expect(opening).toHaveLength(opened);
    await chat.clock.advance(20_000);
    expect(opening.length).toBeGreaterThan(opened);
    expect(await storedOf(chat)).toMatchObject({ rows: 0, text: expect.not.stringMatching(/secret|rumour|Tea|~/) });
    await expect(chat.send('alice', { userId: 'mallory' }, 'there?')).rejects.toMatchObject({ kind: 'user_not_found' });
    await chat.crash(); // on a store that opens the channel
    await chat.clock.advance(20_000);
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob']);
  });

  it('goes on as it is when the store does not take that it is to be forgotten', async () => {
    const { chat, groupId } = await acquainted();
    chat.people.accounts.delete('mallory');
    refuseRecord(chat, 'tombstone');
    await expect(forgetOnce(chat)).rejects.toMatchObject({ kind: 'storage_full' });
    await chat.send('bob', { channelId: groupId }, 'one more');
    await chat.clock.advance(5_000);
    const owed = await chat.question(`channel:${groupId}`, { type: 'read_log', fromSeq: 1, owedTo: 'mallory' });
    expect(owed).toMatchObject({ value: { owedFrom: 0 } });
  });

  it('leaves at once what an invitation that was under way brings, and keeps none of it', async () => {
    const { chat, groupId } = await acquainted();
    await deleted(chat);
    chat.people.add('mallory'); // as the directory was when the invitation was read
    const value = v1.InviteMembers.create({ channelId: groupId, userIds: ['mallory'] });
    await chat.request('bob', { type: 'invite', value });
    chat.people.accounts.delete('mallory');
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob']);
    await chat.clock.advance(120_000);
    expect((await storedOf(chat)).rows).toBe(0);
    const owed = await chat.question(`channel:${groupId}`, { type: 'read_log', fromSeq: 1, owedTo: 'mallory' });
    expect(owed).toMatchObject({ value: { owedFrom: 0 } });
  });

  it('loses the sessions that were there, and opens none', async () => {
    const { chat } = await acquainted();
    const { session, id } = await chat.connect('mallory');
    await deleted(chat);
    const end = { type: 'session_end', reason: 'session_revoked' };
    expect(session.events).toContainEqual(expect.objectContaining(end));
    session.events.length = 0;
    chat.confirmLease('mallory', id);
    await chat.clock.settle();
    expect(session.events).toContainEqual(expect.objectContaining(end));
    await expect(chat.connect('mallory')).rejects.toMatchObject({ kind: 'user_not_found' });
  });

  it('says to whoever verifies that nothing is kept, so that nothing is missed', async () => {
    const { chat } = await acquainted();
    await deleted(chat);
    const page = await chat.question('user:mallory', { type: 'read_log', fromSeq: 1, owedTo: '' });
    if (page.type !== 'log_page') throw new Error(page.type);
    const findings = new Findings();
    const judge = new InboxJudge('mallory', findings);
    judge.take(page.value, () => undefined);
    const lacking = judge.notHeld({ id: DIRECT } as ChannelJudge, [1, 4]);
    expect([page.value.rows, lacking, findings.take()]).toEqual([[], [], []]);
  });

  it('has no copies of what is deleted later, which whoever asks hears once that is so', async () => {
    const { chat, groupId } = await acquainted();
    chat.people.accounts.delete('mallory');
    await chat.clock.advance(1_000);
    expect(await forgetOnce(chat)).toBe(false);
    const ask = () => chat.question('user:mallory', { type: 'erase_copies', channelId: groupId, seqs: [2] });
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable' });
    await forget(chat);
    expect(await ask()).toEqual({ type: 'done', value: {} });
  });

  it('says so only when they are gone, also while the store takes no checkpoint', async () => {
    const { chat, groupId } = await acquainted();
    chat.people.accounts.delete('mallory');
    await forgetOnce(chat);
    const takeAgain = refuseRecord(chat, 'checkpoint');
    await expect(forgetOnce(chat)).rejects.toMatchObject({ kind: 'storage_full' });
    const ask = () => chat.question('user:mallory', { type: 'erase_copies', channelId: groupId, seqs: [2] });
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable' });
    takeAgain();
    await chat.clock.advance(20_000);
    expect(await ask()).toEqual({ type: 'done', value: {} });
    expect((await storedOf(chat)).rows).toBe(0);
  });

  it('is not forgotten while there is an account', async () => {
    const { chat } = await acquainted();
    const before = await storedOf(chat);
    await expect(forgetOnce(chat)).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await storedOf(chat)).toEqual(before);
    expect(await chat.send('alice', { userId: 'mallory' }, 'still there')).toMatchObject({ type: 'sendAck' });
  });
});

describe('a deletion that was cut off before the actor heard of it', () => {
  it('goes on by itself with the next activation, also when that owner dies at once', async () => {
    const { chat, groupId } = await acquainted();
    await chat.clock.advance(300_000);
    await chat.crash(); // nobody is awake
    chat.people.delete('mallory');
    await chat.send('bob', { channelId: groupId }, 'one more');
    await chat.crash();
    await chat.clock.advance(20_000);
    expect(await storedOf(chat)).toMatchObject({ rows: 0, keys: ['checkpoint', 'tombstone'] });
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob']);
  });

  it('opens no session, and answers whoever goes on with it', async () => {
    const { chat } = await acquainted();
    chat.people.delete('mallory');
    await chat.crash();
    await expect(chat.connect('mallory')).rejects.toMatchObject({ kind: 'user_not_found' });
    await forget(chat);
    expect(await storedOf(chat)).toMatchObject({ rows: 0, text: expect.not.stringMatching(/secret|rumour|Tea|~/) });
  });

  it('is found out by an actor that somebody keeps awake: within twenty minutes, also when the store is full then', async () => {
    const { chat, groupId } = await acquainted();
    const { session } = await chat.connect('mallory');
    chat.people.delete('mallory');
    const accept = refuseRecord(chat, 'tombstone');
    await keptAwake(chat);
    expect(session.events).not.toContainEqual(expect.objectContaining({ type: 'session_end' }));
    accept();
    await chat.clock.advance(60_000);
    expect(session.events.at(-1)).toMatchObject({ type: 'session_end', reason: 'session_revoked' });
    expect(await storedOf(chat)).toMatchObject({ rows: 0, keys: ['checkpoint', 'tombstone'] });
    await chat.send('bob', { channelId: groupId }, 'one more');
    expect(session.texts).not.toContain('one more');
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob']);
    await expect(chat.send('mallory', { channelId: groupId }, 'still here')).rejects.toThrow();
  });

  it('is not taken for granted of an account that the directory has merely lost: its session stays', async () => {
    const { chat } = await acquainted();
    const { session } = await chat.connect('mallory');
    chat.people.accounts.delete('mallory');
    await keptAwake(chat);
    expect(session.events).not.toContainEqual(expect.objectContaining({ type: 'session_end' }));
    expect((await storedOf(chat)).text).toContain('rumour');
  });

  it('is no deletion when the directory merely does not know the account: it may be an old one', async () => {
    const { chat, groupId } = await acquainted();
    await chat.clock.advance(300_000);
    await chat.crash();
    chat.people.accounts.delete('mallory');
    await expect(
      chat.request('mallory', { type: 'listChannels', value: v1.ListChannels.create() }),
    ).rejects.toMatchObject({ kind: 'user_not_found' });
    await chat.clock.advance(300_000);
    expect(await storedOf(chat)).toMatchObject({ text: expect.stringMatching(/secret.*rumour/s) });
    expect(await membersOf(chat, groupId)).toEqual(['alice', 'bob', 'mallory']);
  });
});

it('a conversation that goes on while its other person is forgotten ends, and owes nothing', async () => {
  const { chat } = await acquainted();
  chat.people.accounts.delete('mallory');
  const forgotten = chat.edge.ask('user:mallory', { type: 'forget' });
  const sent = chat.send('alice', { userId: 'mallory' }, 'in between');
  await Promise.allSettled([forgotten, sent]);
  await forget(chat);
  await chat.clock.advance(60_000);
  expect(await storedOf(chat)).toMatchObject({ rows: 0 });
  const owed = await chat.question(`channel:${DIRECT}`, { type: 'read_log', fromSeq: 1, owedTo: 'mallory' });
  expect(owed).toMatchObject({ value: { owedFrom: 0 } });
});
