/**
 * However somebody comes to know a channel (present, away and back by the inbox, away too long and back by the log, from
 * the newest page down), the messages look the same to them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventOf } from '../../client/from-wire.js';
import { type ChannelEvent, newerOf, pictureOf } from '../../client/index.js';
import type { ClientRequest } from '../../src/protocol/frames.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from '../actors/fixture.js';

const PEOPLE = ['alice', 'bob', 'carol'];
const EMOJIS = ['👍', '🎉', '❤️'];
const RUNS = 25;
const PAGE = 7;

interface Step {
  readonly who: string;
  readonly what: 'send' | 'edit' | 'erase' | 'react' | 'crash' | 'rest';
  /** Which message, of those there are. */
  readonly which: number;
  readonly emoji: string;
  readonly removed: boolean;
}

const what = fc.oneof(
  { weight: 5, arbitrary: fc.constant('send' as const) },
  { weight: 4, arbitrary: fc.constant('edit' as const) },
  { weight: 2, arbitrary: fc.constant('erase' as const) },
  { weight: 6, arbitrary: fc.constant('react' as const) },
  { weight: 1, arbitrary: fc.constantFrom('crash' as const, 'rest' as const) },
);
const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom(...PEOPLE),
  what,
  which: fc.nat(1_000),
  emoji: fc.constantFrom(...EMOJIS),
  removed: fc.boolean(),
});

/** Keeps what it heard of a channel, each position once, whatever way it came. */
class Reader {
  private readonly events = new Map<number, ChannelEvent>();

  take(events: readonly v1.IEvent[]): void {
    for (const event of events.map(eventOf)) {
      const known = this.events.get(event.seq);
      this.events.set(event.seq, known === undefined ? event : newerOf(known, event));
    }
  }

  get picture(): unknown {
    const events = [...this.events.values()].sort((a, b) => a.seq - b.seq);
    return [...pictureOf(events).values()];
  }
}

async function started(): Promise<{ chat: World; channelId: string }> {
  const chat = await memoryWorld(...PEOPLE);
  return { chat, channelId: await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob', 'carol']) };
}

function contentOf({ what: kind, which, emoji, removed }: Step, messages: readonly number[]): v1.ISend {
  const seq = messages[which % Math.max(1, messages.length)] ?? 1;
  if (kind === 'edit') return { edit: { seq, message: { text: `edited ${which}` } } };
  if (kind === 'erase') return { erase: { seq } };
  if (kind === 'react') return { react: { seq, emoji, removed } };
  return { message: { text: `text ${which}`, replyTo: which % 2 === 0 ? seq : 0 } };
}

/** What is refused (a message of somebody else, a deleted one) leaves no trace. */
async function act(chat: World, channelId: string, one: Step, messages: number[], clientMessageId: string) {
  if (one.what === 'crash') return chat.crash();
  if (one.what === 'rest') return chat.clock.advance(200_000);
  const value = v1.Send.create({ channelId, clientMessageId, ...contentOf(one, messages) });
  const answer = await chat.request(one.who, { type: 'send', value }).catch(() => undefined);
  if (answer?.type === 'sendAck' && one.what === 'send') messages.push(answer.value.seq ?? 0);
}

async function page(chat: World, channelId: string, range: v1.IReadHistory): Promise<v1.IHistoryPage> {
  const value = v1.ReadHistory.create({ channelId, limit: PAGE, ...range });
  const answer = await chat.request('carol', { type: 'readHistory', value });
  if (answer.type !== 'history') throw new Error(answer.type);
  return answer.value;
}

async function forwards(chat: World, channelId: string, reader: Reader, from: number): Promise<void> {
  for (let after = from; ; ) {
    const { events = [], head } = await page(chat, channelId, { afterSeq: after });
    reader.take(events ?? []);
    after = events?.at(-1)?.seq ?? head ?? 0;
    if (after >= (head ?? 0)) return;
  }
}

async function downwards(chat: World, channelId: string, reader: Reader, from: number): Promise<void> {
  for (let before = from; ; ) {
    const { events = [] } = await page(chat, channelId, { beforeSeq: before });
    reader.take(events ?? []);
    before = events?.[0]?.seq ?? 1;
    if (before <= 1) return;
  }
}

const bySession = (reader: Reader, session: { deliveries: readonly { event: { value: v1.Event } | undefined }[] }) =>
  reader.take(session.deliveries.flatMap(({ event }) => (event === undefined ? [] : [event.value])));

/** Who is in the channel, by its events alone. */
function membersOf(events: readonly v1.IEvent[]): readonly string[] {
  const members = new Set<string>();
  for (const event of events.map(eventOf)) {
    if (event.type === 'created') for (const { userId } of event.members) members.add(userId);
    if (event.type === 'joined') for (const userId of event.userIds) members.add(userId);
    if (event.type === 'left') members.delete(event.userId);
  }
  return [...members].sort();
}

const STRANGERS = ['dave', 'erin', 'frank', 'grace'];
/** They are invited together, or the first of them is removed. */
const membership = fc.record({ userIds: fc.subarray(STRANGERS, { minLength: 1 }), removed: fc.boolean() });

function changeOf(channelId: string, { userIds, removed }: { userIds: string[]; removed: boolean }): ClientRequest {
  const [userId = ''] = userIds;
  if (removed) return { type: 'remove', value: v1.RemoveMember.create({ channelId, userId }) };
  return { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds }) };
}

describe('the members of a channel', () => {
  it('are the same by its events, live and from the log, as the server says, whoever came together and went', async () => {
    const property = fc.asyncProperty(fc.array(membership, { maxLength: 20 }), async (changes) => {
      const { chat, channelId } = await started();
      chat.people.add(...STRANGERS);
      const { session } = await chat.connect('carol', {});
      for (const change of changes) await chat.request('alice', changeOf(channelId, change));
      const live = session.deliveries.flatMap(({ event }) => (event === undefined ? [] : [event.value]));
      const log = await page(chat, channelId, { afterSeq: 0, limit: 200 });
      const listed = await chat.request('carol', { type: 'listMembers', value: v1.ListMembers.create({ channelId }) });
      const members = listed.type === 'memberList' ? (listed.value.members ?? []).map(({ userId }) => userId) : [];
      expect({ live: membersOf(live), log: membersOf(log.events ?? []) }).toEqual({ live: members, log: members });
    });
    await fc.assert(property, { numRuns: RUNS });
  }, 60_000);
});

describe('the picture of a channel', () => {
  it('is the same for who was there, who came back by inbox or log, and who reads it downwards', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(40), async (steps, half) => {
      const { chat, channelId } = await started();
      const [present, back, limited, down, around] = [1, 2, 3, 4, 5].map(() => new Reader());
      if (!present || !back || !limited || !down || !around) throw new Error('five readers');
      const first = await chat.connect('carol', {});
      bySession(back, first.session);
      const messages: number[] = [];
      for (const [index, one] of steps.entries()) {
        await act(chat, channelId, one, messages, `m${index}`);
        if (index === half) {
          await forwards(chat, channelId, limited, 0);
          await downwards(chat, channelId, around, 0);
        }
      }
      await chat.clock.advance(5_000);
      const all = await chat.connect('carol', {});
      bySession(present, all.session);
      await chat.clock.advance(5_000);
      bySession(present, all.session);
      const cursor = first.session.deliveries.at(-1)?.cursor;
      bySession(back, first.session);
      const again = await chat.connect('carol', cursor);
      await chat.clock.advance(5_000);
      bySession(back, again.session);
      await forwards(chat, channelId, limited, 0);
      await downwards(chat, channelId, down, 0);
      await forwards(chat, channelId, around, 1);
      const pictures = { back: back.picture, limited: limited.picture, down: down.picture, around: around.picture };
      const expected = down.picture;
      expect({ ...pictures, present: present.picture }).toEqual({
        back: expected,
        limited: expected,
        down: expected,
        around: expected,
        present: expected,
      });
    });
    await fc.assert(property, { numRuns: RUNS });
  }, 120_000);
});
