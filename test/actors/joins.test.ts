/** What it costs to make a large channel: how many deliveries its members get of those who join. */
import { expect, it } from 'vitest';
import { v1 } from '../../src/protocol/wire.js';
import { World } from './fixture.js';
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

it('is that each member hears once of each invitation, however many it invites', async () => {
  const place = memoryPlace();
  const names = Array.from({ length: MEMBERS }, (_, index) => `member${index}`);
  const [owner = '', ...others] = names;
  const chat = new Counted((incarnation) => openMemory(place, incarnation));
  chat.people.add(...names);
  await chat.start();
  for (const name of names) await chat.connect(name);
  const news = { kind: v1.ChannelKind.BROADCAST, name: 'News', idempotencyKey: 'k' };
  const made = await chat.request(owner, { type: 'createChannel', value: v1.CreateChannel.create(news) });
  if (made.type !== 'channel') throw new Error(made.type);
  const channelId = made.value.channelId ?? '';
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
