/** What people and operators do with a chat, each shown through the wire: on one process and on a cluster. */
import { expect } from 'vitest';
import { memoryStorage } from '../../client/index.js';
import { until } from '../until.js';
import { largeChannel } from './large-channel.js';
import { pushes } from './pushes.js';
import { type Device, PASSWORD, type Stage } from './stage.js';

interface Feature {
  readonly what: string;
  readonly show: (stage: Stage) => Promise<void>;
}

async function befriend(one: Device, other: Device): Promise<void> {
  const [oneId, otherId] = [one.client.session?.userId ?? '', other.client.session?.userId ?? ''];
  await one.client.people.requestFriend(otherId);
  await other.client.people.acceptFriend(oneId);
}

async function presence(stage: Stage): Promise<void> {
  const [ada, ben] = [await stage.signUp('ada'), await stage.signUp('ben')];
  await befriend(ada, ben);
  await ada.client.watchPresence(['ben']);
  const shown = (): unknown => [ada.presences.get('ben')?.state, ada.presences.get('ben')?.status];
  const shows = (state: string, status = '') =>
    until(`ben is ${state}`, () => JSON.stringify(shown()) === JSON.stringify([state, status]));
  await shows('online');
  await ben.client.setPresence({ choice: 'doNotDisturb', status: 'At the dentist' });
  await shows('doNotDisturb', 'At the dentist');
  await ben.client.setPresence({ choice: 'away' });
  await shows('away', 'At the dentist');
  ben.client.setIdle(true);
  await ben.client.setPresence({ choice: 'online', status: '' });
  await shows('away');
  ben.client.setIdle(false);
  await shows('online');
  await ben.client.setPresence({ choice: 'invisible', status: 'hiding' });
  await shows('offline');
  const second = await stage.logIn('ben');
  await until('his other device knows what he chose', () => second.client.ownPresence.choice === 'invisible');
}

async function receipts(stage: Stage): Promise<void> {
  const [carl, dora] = [await stage.signUp('carl'), await stage.signUp('dora')];
  const phone = await stage.logIn('dora');
  const sent = carl.client.send({ to: 'dora', text: 'one' });
  await sent.sent();
  await until('a device of hers has it', () => sent.state === 'delivered');
  await carl.client.send({ to: 'dora', text: 'two' }).sent();
  const channelId = carl.client.directChannelId('dora');
  await until('both her devices have it', () => [dora, phone].every((device) => device.of(channelId).length === 3));
  await dora.client.markRead(channelId, 2);
  await until('her phone knows that one is left', () => phone.unread.get(channelId) === 1);
  await until('he knows that she read the first', () => sent.state === 'read');
  await until('he knows that she has the second', () => carl.receipts.get('dora')?.deliveredSeq === 3);
  expect(carl.receipts.get('dora')?.readSeq).toBe(2);
  await dora.client.markRead(channelId, 1);
  expect((await carl.client.getChannel(channelId)).members.find(({ userId }) => userId === 'dora')?.readSeq).toBe(2);
  dora.client.typing(channelId);
  await until('he sees her write', () => carl.typing.get(channelId)?.includes('dora') ?? false);
  await until('it ends by itself', () => carl.typing.get(channelId)?.length === 0);
}

async function mentions(stage: Stage): Promise<void> {
  const [emil, fay] = [await stage.signUp('emil'), await stage.signUp('fay')];
  const { channelId } = await emil.client.createChannel({ kind: 'group', name: 'Tea', members: ['fay'] });
  const say = (text: string, kind: 'user' | 'channel' | 'here', userId = '') =>
    emil.client.send({ channelId, text, mentions: [{ kind, userId, start: 0, length: text.length }] }).sent();
  await say('@fay', 'user', 'fay');
  await emil.client.send({ channelId, text: 'nobody' }).sent();
  await say('@channel', 'channel');
  const { seq } = await say('@here', 'here');
  await until('she has the last', () => fay.has(channelId, seq));
  const texts = async () => {
    const { items, unread } = await fay.client.mentions();
    return [unread, ...items.map(({ event }) => (event.type === 'message' ? event.text : event.type))];
  };
  expect(await texts()).toEqual([3, '@here', '@channel', '@fay']);
  await fay.client.markRead(channelId, seq);
  expect(await texts()).toEqual([0, '@here', '@channel', '@fay']);
}

async function convergence(stage: Stage): Promise<void> {
  const storage = memoryStorage();
  const gina = await stage.signUp('gina');
  const away = await stage.signUp('hugo', storage);
  const there = await stage.logIn('hugo');
  const { channelId } = await gina.client.createChannel({ kind: 'group', name: 'Plans', members: ['hugo'] });
  const say = (text: string, replyTo?: number) =>
    gina.client.send({ channelId, text, ...(replyTo === undefined ? {} : { replyTo }) }).sent();
  const [one, two, three] = [await say('one'), await say('two'), await say('three')];
  await until('both his devices have it', () => [away, there].every((device) => device.has(channelId, three.seq)));
  await away.client.close();
  await gina.client.edit(channelId, one.seq, 'one, as it is now').sent();
  await gina.client.erase(channelId, two.seq).sent();
  await there.client.react(channelId, three.seq, '👍').sent();
  await gina.client.react(channelId, three.seq, '🎉').sent();
  await there.client.react(channelId, three.seq, '👍', true).sent();
  const last = await say('an answer', one.seq);
  await until('the device that stayed has it', () => there.has(channelId, last.seq));
  const back = await stage.logIn('hugo', storage);
  await until('the one that was away has it', () => back.has(channelId, last.seq));
  const both = [...away.of(channelId), ...back.of(channelId)];
  expect(both.map(({ seq }) => seq)).toEqual(there.of(channelId).map(({ seq }) => seq));
  away.events.push(...back.events);
  expect(away.picture(channelId)).toEqual(there.picture(channelId));
  expect(there.picture(channelId)).toMatchObject([
    { text: 'one, as it is now' },
    { text: undefined },
    { text: 'three', reactions: [{ emoji: '🎉', userIds: ['gina'] }] },
    { text: 'an answer', replyTo: one.seq },
  ]);
}

async function operators(stage: Stage): Promise<void> {
  const [kim, lea] = [await stage.signUp('kim'), await stage.signUp('lea')];
  await kim.client.send({ to: 'lea', text: 'to be kept' }).sent();
  const operate = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await stage.place.operate(...args);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    return stdout;
  };
  expect(await operate('users', 'export', 'lea')).toContain('to be kept');
  await operate('users', 'revoke', 'lea');
  await until('her device is logged out', () => lea.client.connection.type === 'closed');
  await lea.client.logIn({ userId: 'lea', password: PASSWORD });
  await lea.client.connect();
  await operate('users', 'delete', 'lea');
  await until('her device is logged out again', () => lea.client.connection.type === 'closed');
  await expect(lea.client.logIn({ userId: 'lea', password: PASSWORD })).rejects.toMatchObject({
    kind: 'wrong_credentials',
  });
  const { events } = await kim.client.history(kim.client.directChannelId('lea'));
  expect(events.some((event) => event.type === 'message' && event.text === 'to be kept')).toBe(true);
}

export const FEATURES: readonly Feature[] = [
  { what: 'presence: as devices say, as chosen, invisible, with a status', show: presence },
  { what: 'receipts and typing, and a read on one device that others hear of', show: receipts },
  { what: 'a feed of mentions that counts what is unread', show: mentions },
  { what: 'edits, deletions, reactions and replies the same to who was away', show: convergence },
  { what: 'a group that grows into a large channel and back while people write', show: largeChannel },
  { what: 'notifications by FCM, APNs and webhooks, which are taken back once read', show: pushes },
  { what: 'an account exported, logged out and deleted by operators', show: operators },
];
