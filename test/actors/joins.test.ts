/** What it costs to make a large channel: how many deliveries its members get of those who join. */
import { expect, it } from 'vitest';
import { ParleyError } from '../../src/core/errors.js';
import { LIMITS } from '../../src/core/limits.js';
import type { ActorAnswer } from '../../src/protocol/bus-messages.js';
import { joinedUsers } from '../../src/protocol/joined-users.js';
import { v1 } from '../../src/protocol/wire.js';
import { holdWrites, World } from './fixture.js';
import { memoryPlace, openMemory } from './store.js';

const MEMBERS = 1_000;
const INVITED_AT_ONCE = 200;

/** Counts what sessions are given: events by inbox, and each event of a channel for every session that follows it. */
class Counted extends World {
  deliveries = 0;
  private followers = 0;

  override receive(envelope: Parameters<World['receive']>[0]): void {
    super.receive(envelope);
    if (envelope.type === 'push') this.deliveries += envelope.items.length;
    if (envelope.type === 'fanout') this.deliveries += this.followers * envelope.events.events.length;
    if (envelope.type !== 'fanout_interest') return;
    this.followers += envelope.add.length;
    for (const channelId of envelope.add) void this.edge.subscribeFanout(channelId);
  }
}

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `member${index}`);

function infoOf(answer: ActorAnswer): v1.IChannelInfo {
  if (answer.type !== 'channel') throw new Error(answer.type);
  return answer.value;
}

const joinOf = (channelId: string) => ({ type: 'join', value: v1.JoinChannel.create({ channelId }) }) as const;

/** A channel that `owner` made; everybody in `names` has a session. */
async function open(names: readonly string[], kind: v1.ChannelKind) {
  const place = memoryPlace();
  const chat = new Counted((incarnation) => openMemory(place, incarnation));
  chat.people.add('owner', ...names);
  await chat.start();
  for (const name of ['owner', ...names]) await chat.connect(name);
  const channelId = await chat.createChannel('owner', kind, [], { name: 'News', public: true });
  const log = async (): Promise<readonly v1.IEvent[]> => {
    const answer = await chat.request('owner', {
      type: 'readHistory',
      value: v1.ReadHistory.create({ channelId, afterSeq: 1, limit: 200 }),
    });
    return answer.type === 'history' ? (answer.value.events ?? []) : [];
  };
  return { chat, channelId, log };
}

const joinersOf = (joined: v1.IMemberJoined | null | undefined) => (joined ? joinedUsers(joined) : []);

/** `alice,bob; text; -alice`: who joined together, what was said, who left. */
const told = (events: readonly v1.IEvent[]): string =>
  events
    .map(({ joined, message, left }) =>
      joined ? joinedUsers(joined).join(',') : (message?.text ?? `-${left?.userId}`),
    )
    .join('; ');

it('is that each member hears once of each invitation, however many it invites', async () => {
  const others = namesOf(MEMBERS - 1);
  const owner = 'owner';
  const { chat, channelId } = await open(others, v1.ChannelKind.BROADCAST);
  let invitations = 0;
  for (let from = 0; from < others.length; from += INVITED_AT_ONCE) {
    invitations++;
    const value = v1.InviteMembers.create({ channelId, userIds: others.slice(from, from + INVITED_AT_ONCE) });
    const invited = await chat.request(owner, { type: 'invite', value });
    expect(invited).toMatchObject({ value: { head: 1 + invitations } });
  }
  await chat.clock.advance(1_000);
  // By inbox each of them hears of their own membership.
  expect(chat.deliveries).toBeGreaterThanOrEqual(MEMBERS);
  expect(chat.deliveries).toBeLessThanOrEqual(MEMBERS * (invitations + 1));
}, 60_000);

it('is that each member hears a few times of all who join by themselves at once', async () => {
  const names = namesOf(MEMBERS);
  const { chat, channelId, log } = await open(names, v1.ChannelKind.BROADCAST);
  const answers = await Promise.all(names.map((name) => chat.request(name, joinOf(channelId))));
  await chat.clock.advance(1_000);
  const events = await log();
  expect(events.flatMap(({ joined }) => joinersOf(joined)).sort()).toEqual([...names].sort());
  for (const { from, joined } of events) expect(from).toBe(joined?.userId);
  expect(events.length).toBeLessThanOrEqual(4 + MEMBERS / INVITED_AT_ONCE);
  expect(chat.deliveries).toBeLessThanOrEqual(MEMBERS * (events.length + 1));
  const seqs = new Map(events.flatMap(({ seq, joined }) => joinersOf(joined).map((userId) => [userId, seq] as const)));
  expect(answers.map((answer) => infoOf(answer).me?.joinedSeq)).toEqual(names.map((name) => seqs.get(name)));
}, 60_000);

it('is one membership for who asks twice, and each request finds those before it done', async () => {
  const { chat, channelId, log } = await open(['alice', 'bob', 'carol', 'dave'], v1.ChannelKind.GROUP);
  const leave = { type: 'leave', value: v1.LeaveChannel.create({ channelId }) } as const;
  const answers = await Promise.all([
    chat.request('alice', joinOf(channelId)),
    chat.request('bob', joinOf(channelId)),
    chat.request('carol', joinOf(channelId)),
    chat.request('bob', joinOf(channelId)),
    chat.send('carol', { channelId }, 'hi'),
    chat.request('dave', joinOf(channelId)),
    chat.request('carol', leave),
    chat.request('carol', joinOf(channelId)),
  ]);
  expect(told(await log())).toBe('alice; bob,carol; hi; dave; -carol; carol');
  expect([1, 3].map((at) => infoOf(answers[at] as ActorAnswer).me?.joinedSeq)).toEqual([3, 3]);
});

it('is that the first of those who join together owns the channel, where its last member has left', async () => {
  const names = ['alice', 'bob', 'carol'];
  const { chat, channelId, log } = await open(names, v1.ChannelKind.GROUP);
  const release = holdWrites(chat, () => true);
  const left = chat.request('owner', { type: 'leave', value: v1.LeaveChannel.create({ channelId }) });
  const asked = names.map((name) => chat.request(name, joinOf(channelId)));
  await chat.clock.settle();
  release();
  await chat.clock.settle();
  await left;
  const { OWNER, MEMBER } = v1.Role;
  expect((await Promise.all(asked)).map((answer) => infoOf(answer).me?.role)).toEqual([OWNER, MEMBER, MEMBER]);
  await chat.request('alice', { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds: ['owner'] }) });
  const events = await log();
  expect(told(events)).toBe('-owner; alice; bob,carol; owner');
  expect(events.map(({ from }) => from)).toEqual(['owner', 'alice', 'bob', 'alice']);
});

it('is the same change of tier, right after the event that leads to it', async () => {
  const names = namesOf(503);
  const { chat, channelId, log } = await open(names, v1.ChannelKind.GROUP);
  for (let from = 0; from < 498; from += 166) {
    const value = v1.InviteMembers.create({ channelId, userIds: names.slice(from, from + 166) });
    await chat.request('owner', { type: 'invite', value });
  }
  const answers = await Promise.all(names.slice(498).map((name) => chat.request(name, joinOf(channelId))));
  const events = await log();
  const sizes = events.map((_, at) => 1 + events.slice(0, at + 1).flatMap(({ joined }) => joinersOf(joined)).length);
  const large = sizes.findIndex((size) => size > LIMITS.inboxTierMembersMax);
  expect(joinersOf(events[large]?.joined).length).toBeGreaterThan(1);
  expect(events.flatMap(({ tierChanged }, at) => (tierChanged ? at : []))).toEqual([large + 1]);
  expect(sizes.at(-1)).toBe(1 + names.length);
  expect(infoOf(answers.at(-1) as ActorAnswer)).toMatchObject({ tier: v1.Tier.FANOUT, memberCount: 1 + names.length });
}, 60_000);

it('is a refusal for each of those who join while the store takes nothing, and joins again later', async () => {
  const names = ['alice', 'bob', 'carol'];
  const { chat, channelId, log } = await open(names, v1.ChannelKind.GROUP);
  const { committer } = chat.node.host;
  const { submit } = committer;
  committer.submit = (commit) => void chat.clock.after(10, () => commit.refused(new ParleyError('storage_full')));
  const refused = Promise.allSettled(names.map((name) => chat.request(name, joinOf(channelId))));
  await chat.clock.advance(20);
  for (const each of await refused) expect(each).toMatchObject({ reason: { kind: 'storage_full' } });
  committer.submit = submit;
  await chat.clock.advance(10_000);
  await Promise.all(names.map((name) => chat.request(name, joinOf(channelId))));
  expect(told(await log())).toBe('alice; bob,carol');
});
