import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import { orderOf } from '../../core/push.js';
import { SparseMap } from '../../core/sparse-map.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { stored } from '../../protocol/stored.js';
import { Long, v1 } from '../../protocol/wire.js';
import { decodeUser, encodeUser } from './checkpoint.js';
import { applyEntry, applyNewest, applyRead, isFanout, type UserChannelState, type UserChannels } from './state.js';

class Conversation {
  readonly channels: UserChannels = new SparseMap();
  private readonly channelId: string;
  private seq = 0;

  constructor(channelId = 'alice~bob') {
    this.channelId = channelId;
  }

  /** Bob's inbox takes the next event. */
  take(more: v1.IEvent, hidden = false): UserChannelState {
    const seq = ++this.seq;
    const event = EncodedEvent.of(
      v1.Event.create({
        ...{ channelId: this.channelId, seq, messageId: Long.fromNumber(seq, true) },
        ...{ createdAt: Long.fromNumber(1_000 * seq, true), from: 'alice', ...more },
      }),
    );
    return applyEntry(this.channels, hidden ? event.hidden() : event, 'bob');
  }

  /** Events that do not come by inbox. */
  passes(count: number): void {
    this.seq += count;
  }

  message(text: string, from = 'alice', hidden = false): UserChannelState {
    return this.take({ from, message: { text } }, hidden);
  }
}

describe('unread messages', () => {
  it('are those of others above the read cursor, the newest of them counted', () => {
    const chat = new Conversation();
    chat.take({ created: { kind: v1.ChannelKind.DIRECT } });
    expect(chat.message('one').unread).toEqual([2]);
    const many = LIMITS.unreadCountMax + 20;
    for (let i = 0; i < many; i++) chat.message(`${i}`);
    const channel = chat.channels.get('alice~bob');
    expect(channel?.unread).toHaveLength(LIMITS.unreadCountMax);
    expect(channel?.unread.at(-1)).toBe(many + 2);
  });

  it('end with the read cursor, which only grows', () => {
    const chat = new Conversation();
    for (const text of ['1', '2', '3']) chat.message(text);
    const channel = chat.message('4');
    expect(applyRead(channel, 2)).toBe(true);
    expect([channel.readSeq, channel.unread]).toEqual([2, [3, 4]]);
    expect(applyRead(channel, 1)).toBe(false);
    expect(applyRead(channel, 2)).toBe(false);
    expect([channel.readSeq, channel.unread]).toEqual([2, [3, 4]]);
  });

  it('are none once the user writes: whoever writes has read', () => {
    const chat = new Conversation();
    chat.message('one');
    expect(chat.message('answer', 'bob')).toMatchObject({ readSeq: 2, unread: [] });
    expect(chat.message('two')).toMatchObject({ readSeq: 2, unread: [3] });
  });

  it('are no hidden ones, of which nothing shows', () => {
    const chat = new Conversation();
    chat.message('seen');
    const channel = chat.message('hidden', 'alice', true);
    expect(channel.unread).toEqual([1]);
    expect(channel.lastMessage?.value.message?.text).toBe('seen');
    expect(channel).toMatchObject({ lastSeq: 2, activeAtMs: 1_000 });
  });
});

describe('hidden ranges', () => {
  it('join while nothing else comes between, and begin anew after', () => {
    const chat = new Conversation();
    for (const hidden of [true, true, false, true, false, false, true]) chat.message('x', 'alice', hidden);
    expect(chat.channels.get('alice~bob')?.hidden).toEqual([
      [1, 2],
      [4, 4],
      [7, 7],
    ]);
  });
});

describe('a conversation', () => {
  it('shows the start of its newest message', () => {
    const chat = new Conversation();
    const channel = chat.message('ä'.repeat(1_000));
    expect(channel.lastMessage?.value.message?.text).toBe(`${'ä'.repeat(199)}…`);
    expect(chat.message('short').lastMessage?.value.message?.text).toBe('short');
  });

  it('begins read up to the event by which the user joined, and ends with leaving', () => {
    const chat = new Conversation('g');
    const joined = { userId: 'bob', role: v1.Role.MEMBER, kind: v1.ChannelKind.GROUP, name: 'Us' };
    chat.take({ joined });
    chat.message('one');
    chat.take({ joined: { ...joined, userId: 'carol' } });
    chat.take({ left: { userId: 'carol' } });
    expect(chat.channels.get('g')).toMatchObject({ name: 'Us', left: false, readSeq: 1, unread: [2] });
    expect(chat.take({ left: { userId: 'bob' } })).toMatchObject({ left: true, unread: [], lastMessage: undefined });
    expect(chat.take({ joined })).toMatchObject({ left: false, readSeq: 6 });
    chat.take({ left: { userId: 'bob' } });
    const together = { ...joined, userId: 'carol', others: ['bob'] };
    expect(chat.take({ joined: together })).toMatchObject({ left: false, readSeq: 8 });
  });

  it('is live by fan-out while its tier says so and the user is in it', () => {
    const chat = new Conversation('g');
    const created = { kind: v1.ChannelKind.GROUP, name: 'Us' };
    expect(isFanout(chat.take({ created }))).toBe(false);
    expect(isFanout(chat.take({ tierChanged: { tier: v1.Tier.FANOUT } }))).toBe(true);
    expect(isFanout(chat.take({ left: { userId: 'bob' } }))).toBe(false);
    const broadcast = new Conversation('h');
    expect(isFanout(broadcast.take({ created: { kind: v1.ChannelKind.BROADCAST } }))).toBe(true);
    expect(broadcast.take({ renamed: { name: 'News' } }).name).toBe('News');
  });

  it('has unread what was unread when it comes back from the fan-out tier, by the name that it has now', () => {
    const chat = new Conversation('g');
    chat.take({ created: { kind: v1.ChannelKind.GROUP, name: 'Us' } });
    applyRead(chat.message('one'), 2);
    chat.take({ tierChanged: { tier: v1.Tier.FANOUT } });
    chat.passes(4);
    const back = chat.take({ tierChanged: { tier: v1.Tier.INBOX, name: 'Few of us' } });
    expect(back).toMatchObject({ name: 'Few of us', unread: [3, 4, 5, 6, 7], tier: v1.Tier.INBOX });
    chat.take({ tierChanged: { tier: v1.Tier.FANOUT } });
    chat.passes(1_000);
    expect(chat.take({ tierChanged: { tier: v1.Tier.INBOX } })).toMatchObject({ name: 'Few of us' });
    expect(chat.channels.get('g')?.unread.length).toBe(LIMITS.unreadCountMax);
  });

  it('has the newest message as its owner tells it once it is back, unless the inbox knows better by then', () => {
    const chat = new Conversation('g');
    const told = (seq: number): EncodedEvent =>
      EncodedEvent.of(v1.Event.create({ seq, message: { text: `told ${seq}` } }));
    const newest = (): string | undefined => chat.channels.get('g')?.lastMessage?.value.message?.text ?? undefined;
    chat.take({ created: { kind: v1.ChannelKind.GROUP, name: 'Us' } });
    chat.message('one');
    const channel = chat.take({ tierChanged: { tier: v1.Tier.FANOUT } });
    chat.passes(4);
    expect([applyNewest(channel, 7, told(5)), newest()]).toEqual([false, 'one']);
    chat.take({ tierChanged: { tier: v1.Tier.INBOX } });
    expect([applyNewest(channel, 7, told(7)), newest()]).toEqual([false, undefined]);
    expect([applyNewest(channel, 8, told(7)), newest()]).toEqual([true, 'told 7']);
    expect([applyNewest(channel, 8, told(6)), newest()]).toEqual([false, 'told 7']);
    chat.take({ tierChanged: { tier: v1.Tier.FANOUT } });
    chat.take({ tierChanged: { tier: v1.Tier.INBOX } });
    chat.message('two');
    expect([applyNewest(channel, 12, told(7)), newest()]).toEqual([false, 'two']);
  });

  it('is live as the group is that the user joins, also after it was another way', () => {
    const chat = new Conversation('g');
    const joined = { userId: 'bob', kind: v1.ChannelKind.GROUP, name: 'Us' };
    expect(isFanout(chat.take({ joined: { ...joined, tier: v1.Tier.FANOUT } }))).toBe(true);
    chat.take({ left: { userId: 'bob' } });
    expect(isFanout(chat.take({ joined: { ...joined, tier: v1.Tier.INBOX } }))).toBe(false);
    chat.take({ left: { userId: 'bob' } });
    expect(isFanout(chat.take({ joined }))).toBe(false);
  });

  it('comes back from a checkpoint as it was', () => {
    const chat = new Conversation();
    for (const hidden of [false, true, true, false]) chat.message('x', 'alice', hidden);
    const channel = chat.message('y');
    applyRead(channel, 2);
    Object.assign(channel, { pushedSeq: 4, pushOrder: 12 });
    const checkpoint = {
      inboxSeq: 9,
      floor: 3,
      lastSeenMs: 5,
      term: 7,
      online: true,
      badgeTold: 3,
      channels: chat.channels,
    };
    const back = decodeUser(encodeUser(checkpoint));
    const plain = (channels: UserChannels) =>
      [...channels].map(([id, channel]) => [id, { ...channel, lastMessage: channel.lastMessage?.jsonText }]);
    expect(plain(back.channels)).toEqual(plain(chat.channels));
    expect(back).toMatchObject({ inboxSeq: 9, floor: 3, lastSeenMs: 5, term: 7, online: true, badgeTold: 3 });
    expect(decodeUser(undefined).inboxSeq).toBe(0);
  });

  it('knows by what devices show what they were told last, where an older version wrote the checkpoint', () => {
    const value = stored.UserCheckpoint.encode({ channels: [{ channelId: 'g', pushedSeq: 7 }] }).finish();
    expect(decodeUser(value).channels.get('g')).toMatchObject({
      pushedSeq: 7,
      pushOrder: orderOf({ type: 'message', seq: 7 }),
    });
  });
});
