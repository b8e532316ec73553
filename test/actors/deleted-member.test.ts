import { describe, expect, it } from 'vitest';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

const { OWNER, ADMIN, MEMBER } = v1.Role;
const DIRECT = 'alice~mallory';

const world = () => memoryWorld('alice', 'bob', 'carol', 'mallory');

async function group(chat: World, members: string[], roles: Readonly<Record<string, v1.Role>> = {}): Promise<string> {
  const channelId = await chat.createChannel('mallory', v1.ChannelKind.GROUP, members);
  for (const [userId, role] of Object.entries(roles))
    await chat.request('mallory', { type: 'setRole', value: v1.SetRole.create({ channelId, userId, role }) });
  return channelId;
}

const leaves = (chat: World, channelId: string, userId = 'mallory') =>
  chat.question(`channel:${channelId}`, { type: 'member_deleted', userId });

async function rolesIn(chat: World, reader: string, channelId: string): Promise<Record<string, v1.Role>> {
  const value = v1.ListMembers.create({ channelId, limit: 9 });
  const answer = await chat.request(reader, { type: 'listMembers', value });
  const members = answer.type === 'memberList' ? (answer.value.members ?? []) : [];
  return Object.fromEntries(members.map(({ userId, role }) => [userId ?? '', role ?? MEMBER]));
}

async function historyOf(chat: World, reader: string): Promise<readonly v1.IEvent[]> {
  const value = v1.ReadHistory.create({ channelId: DIRECT, afterSeq: 0, limit: 100 });
  const answer = await chat.request(reader, { type: 'readHistory', value });
  return answer.type === 'history' ? (answer.value.events ?? []) : [];
}

describe('a group whose member’s account was deleted', () => {
  it('is left, once, however often that is said, and durably', async () => {
    const chat = await world();
    const channelId = await group(chat, ['alice', 'bob'], { alice: OWNER });
    const alice = await chat.connect('alice');
    expect(await leaves(chat, channelId)).toEqual({ type: 'done', value: {} });
    await chat.crash();
    expect(await leaves(chat, channelId)).toEqual({ type: 'done', value: {} });
    expect(await rolesIn(chat, 'bob', channelId)).toEqual({ alice: OWNER, bob: MEMBER });
    const left = alice.session.deliveries.map(({ event }) => event?.value.left?.userId);
    expect(left).toEqual(['mallory']);
  });

  it('goes to the member of the highest role who is not suspended, then to who has been there longest', async () => {
    const chat = await world();
    const channelId = await group(chat, ['alice', 'bob', 'carol'], { bob: ADMIN });
    chat.people.suspended.add('bob').add('alice');
    await leaves(chat, channelId);
    expect(await rolesIn(chat, 'carol', channelId)).toEqual({ alice: MEMBER, bob: ADMIN, carol: OWNER });
  });

  it('goes to a suspended one when there is nobody else, and to nobody when nobody is left', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob']);
    chat.people.suspended.add('bob');
    await leaves(chat, channelId);
    expect(await rolesIn(chat, 'bob', channelId)).toEqual({ bob: OWNER });
    expect(await leaves(chat, channelId, 'bob')).toEqual({ type: 'done', value: {} });
  });
});

describe('a direct channel whose other person’s account was deleted', () => {
  async function abandoned(): Promise<World> {
    const chat = await world();
    await chat.send('alice', { userId: 'mallory' }, 'hello', { clientMessageId: 'a1' });
    await chat.send('mallory', { userId: 'alice' }, 'hi');
    await leaves(chat, DIRECT);
    return chat;
  }

  it('refuses what is said from then on, also after a crash, and asks the directory of none of it', async () => {
    const chat = await abandoned();
    chat.people.existing = () => Promise.reject(new Error('asked'));
    const said: readonly v1.ISend[] = [
      { message: { text: 'there?' } },
      { edit: { seq: 2, message: { text: 'hallo' } } },
      { react: { seq: 3, emoji: '👍' } },
    ];
    for (const again of [false, true]) {
      if (again) await chat.crash();
      for (const [index, content] of said.entries()) {
        const value = v1.Send.create({ userId: 'mallory', clientMessageId: `x${index}`, base: 4, ...content });
        const sent = chat.request('alice', { type: 'send', value });
        await expect(sent).rejects.toMatchObject({
          kind: 'user_not_found',
          message: "The other person's account was deleted.",
        });
      }
    }
  });

  it('answers a send that it took before, and keeps its history', async () => {
    const chat = await abandoned();
    const again = await chat.send('alice', { userId: 'mallory' }, 'hello', { clientMessageId: 'a1' });
    expect(again).toMatchObject({ type: 'sendAck', value: { seq: 2 } });
    expect((await historyOf(chat, 'alice')).map(({ message }) => message?.text)).toEqual([
      undefined,
      'hello',
      'hi',
      undefined,
    ]);
  });

  it('lets its author take a message back', async () => {
    const chat = await abandoned();
    const value = v1.Send.create({ channelId: DIRECT, clientMessageId: 'e1', base: 4, erase: { seq: 2 } });
    expect(await chat.request('alice', { type: 'send', value })).toMatchObject({ type: 'sendAck' });
    expect((await historyOf(chat, 'alice')).find(({ seq }) => seq === 2)).toMatchObject({ deleted: true });
  });

  it('is not made by such a person who has none yet', async () => {
    const chat = await world();
    expect(await leaves(chat, DIRECT)).toEqual({ type: 'done', value: {} });
    await expect(historyOf(chat, 'alice')).rejects.toMatchObject({ kind: 'channel_not_found' });
  });
});
