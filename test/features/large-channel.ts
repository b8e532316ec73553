/** A group that grows into the fan-out tier, and shrinks back into that of inboxes, while people write. */
import { expect } from 'vitest';
import { type ChannelSummary, memoryStorage } from '../../client/index.js';
import { LIMITS } from '../../src/core/limits.js';
import { until } from '../until.js';
import type { Device, Stage } from './stage.js';

const INVITED_AT_ONCE = 200;
const REMOVED_AT_ONCE = 35;
const PAGE = 200;
const CROWD = Array.from({ length: LIMITS.inboxTierMembersMax }, (_, at) => `crowd${String(at).padStart(3, '0')}`);
const PARTING = CROWD.slice(LIMITS.inboxTierMembersReturn - 4); // ida, jan and zoe stay, too

function slices(all: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}

/** Of the channel, as the device lists it. */
async function summaryOf(device: Device, channelId: string): Promise<ChannelSummary | undefined> {
  return (await device.client.channels()).items.find((channel) => channel.channelId === channelId);
}

const seqsOf = (device: Device, channelId: string): number[] => device.of(channelId).map(({ seq }) => seq);

/** Whoever is invited has that first, and all that is said from then on: on the device that is connected, and on one that was not. */
async function newcomer(stage: Stage, channelId: string, invite: () => Promise<number>): Promise<void> {
  const storage = memoryStorage();
  const zoe = await stage.signUp('zoe');
  await (await stage.logIn('zoe', storage)).client.close();
  const last = await invite();
  const back = await stage.logIn('zoe', storage);
  for (const device of [zoe, back]) {
    await until('the newcomer has the last', () => device.has(channelId, last));
    const [joined, ...said] = device.of(channelId);
    expect(joined).toMatchObject({ type: 'joined', userIds: ['zoe'] });
    expect(said.map(({ seq }) => seq)).toEqual(said.map((_, at) => (joined?.seq ?? 0) + 1 + at));
  }
}

export async function largeChannel(stage: Stage): Promise<void> {
  const storage = memoryStorage();
  const [ida, jan] = [await stage.signUp('ida'), await stage.signUp('jan')];
  const away = await stage.logIn('jan', storage);
  await stage.place.makeAccounts(CROWD);
  const { channelId } = await ida.client.createChannel({ kind: 'group', name: 'Everybody', members: ['jan'] });
  const sent: number[] = [];
  const say = async (): Promise<void> => {
    sent.push((await ida.client.send({ channelId, text: `message ${sent.length}` }).sent()).seq);
  };
  const hasAll = (device: Device) => sent.every((seq) => device.has(channelId, seq));
  /** All that was said is there, without a gap; what was not read is counted. */
  const isWhole = async (tier: 'fanout' | 'inbox'): Promise<void> => {
    await say();
    await until('he has all that was said', () => hasAll(jan));
    const seqs = seqsOf(jan, channelId);
    expect(seqs).toEqual(seqs.map((_, at) => (seqs[0] ?? 0) + at));
    await jan.client.markRead(channelId, (sent.at(-1) ?? 0) - 1);
    expect(await summaryOf(jan, channelId)).toMatchObject({ unread: 1, tier });
  };
  await say();
  await until('both his devices have the first', () => hasAll(jan) && hasAll(away));
  await away.client.close();

  for (const some of slices(CROWD, INVITED_AT_ONCE))
    await Promise.all([ida.client.invite(channelId, some), say(), say()]);
  await isWhole('fanout');
  await newcomer(stage, channelId, async () => {
    await ida.client.invite(channelId, ['zoe']);
    await say();
    await say();
    return sent.at(-1) ?? 0;
  });
  const first = await jan.client.members(channelId, { limit: PAGE });
  const second = await jan.client.members(channelId, { limit: PAGE, after: first.items.at(-1)?.userId ?? '' });
  expect([first.more, first.items[0]?.userId, second.items[0]?.userId]).toEqual([true, CROWD[0], CROWD[PAGE]]);

  for (const some of slices(PARTING, REMOVED_AT_ONCE))
    await Promise.all([...some.map((userId) => ida.client.remove(channelId, userId)), say(), say()]);
  await isWhole('inbox');
  const back = await stage.logIn('jan', storage);
  await until('the device that was away has the last', () => back.has(channelId, sent.at(-1) ?? 0));
  expect([...seqsOf(away, channelId), ...seqsOf(back, channelId)]).toEqual(seqsOf(jan, channelId));
}
