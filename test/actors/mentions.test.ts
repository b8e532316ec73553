import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.js';
import { mentionsUser } from '../../src/protocol/mentions.js';
import { Long, v1 } from '../../src/protocol/wire.js';
import { memoryWorld } from './fixture.js';

const { MENTION_USER, MENTION_CHANNEL } = v1.MentionKind;

const naming = (userId: string): v1.ISend => ({
  message: { text: `@${userId} look`, mentions: [{ kind: MENTION_USER, userId, start: 0, length: userId.length + 1 }] },
});
const namingAll: v1.ISend = {
  message: { text: '@channel look', mentions: [{ kind: MENTION_CHANNEL, start: 0, length: 8 }] },
};

const textsOf = ({ items }: v1.IMentionList): unknown[] => (items ?? []).map(({ event }) => event?.message?.text);

describe('the feed of mentions', () => {
  it('has the messages that mention one, newest first, unread until the channel is read, also after a crash', async () => {
    const chat = await memoryWorld('alice', 'bob', 'carol');
    const channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob', 'carol']);
    await chat.send('alice', { channelId }, '', naming('bob'));
    await chat.send('alice', { channelId }, 'nobody');
    await chat.send('carol', { channelId }, '', namingAll);
    expect(textsOf(await chat.mentionsOf('bob'))).toEqual(['@channel look', '@bob look']);
    expect(await chat.mentionsOf('bob')).toMatchObject({ unread: 2, more: false });
    expect(await chat.mentionsOf('carol')).toMatchObject({ unread: 0, items: [] });
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId, seq: 2 }) });
    await chat.crash();
    const { items, unread } = await chat.mentionsOf('bob');
    expect([unread, items?.map(({ read }) => read)]).toEqual([1, [false, true]]);
    await chat.clock.advance(200_000); // passivated, after a checkpoint
    const [newest] = items ?? [];
    const rest = await chat.mentionsOf('bob', { before: newest?.event?.messageId ?? Long.UZERO, limit: 1 });
    expect(textsOf(rest)).toEqual(['@bob look']);
  });

  it('follows edits, and loses what was deleted or names them no longer, also before a checkpoint is written', async () => {
    const chat = await memoryWorld('alice', 'bob');
    for (let i = 0; i < 3; i++) await chat.send('alice', { userId: 'bob' }, '', naming('bob'));
    const channelId = 'alice~bob';
    const said = (content: v1.ISend) => chat.send('alice', { channelId }, '', { ...content, message: null });
    const edited = { ...naming('bob').message, text: '@bob never mind' };
    await said({ edit: { seq: 2, message: edited } });
    await said({ erase: { seq: 3 } });
    await said({ edit: { seq: 4, message: { text: 'no longer of him' } } });
    expect(textsOf(await chat.mentionsOf('bob'))).toEqual(['@bob never mind']);
    expect(await chat.mentionsOf('bob')).toMatchObject({ unread: 1 });
    await chat.crash();
    expect(textsOf(await chat.mentionsOf('bob'))).toEqual(['@bob never mind']);
  });

  it('keeps the newest', async () => {
    const chat = await memoryWorld('alice', 'bob');
    for (let i = 0; i < LIMITS.mentionsKeptMax + 5; i++) await chat.send('alice', { userId: 'bob' }, '', naming('bob'));
    const { items, unread } = await chat.mentionsOf('bob', { limit: LIMITS.mentionsKeptMax });
    expect([items?.length, unread, items?.[0]?.event?.seq]).toEqual([100, 100, LIMITS.mentionsKeptMax + 6]);
  });

  it('is told in the fan-out tier, too, by the inbox of whoever is named', async () => {
    const chat = await memoryWorld('alice', 'bob', 'carol');
    const channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob', 'carol']);
    const [bob, carol] = [await chat.connect('bob'), await chat.connect('carol')];
    await chat.send('alice', { channelId }, '', naming('bob'));
    expect(bob.session.texts).toEqual(['@bob look']);
    expect(carol.session.texts).toEqual([]);
    expect(await chat.mentionsOf('bob')).toMatchObject({ unread: 1 });
  });
});

describe('a mention', () => {
  it('of somebody who is no member is refused', async () => {
    const chat = await memoryWorld('alice', 'bob', 'carol');
    const refused = chat.send('alice', { userId: 'bob' }, '', naming('carol'));
    await expect(refused).rejects.toMatchObject({ kind: 'mention_not_member' });
  });

  it('is of those named, or of everybody, never of the author, and not in what is hidden or was deleted', () => {
    const event = (content: v1.ISend, more: v1.IEvent = {}) =>
      v1.Event.create({ from: 'alice', message: content.message ?? null, ...more });
    expect(mentionsUser(event(naming('bob')), 'bob')).toBe(true);
    expect(mentionsUser(event(naming('bob')), 'carol')).toBe(false);
    expect(mentionsUser(event(namingAll), 'carol')).toBe(true);
    expect(mentionsUser(event(namingAll), 'alice')).toBe(false);
    expect(mentionsUser(event(naming('bob'), { hidden: true }), 'bob')).toBe(false);
    expect(mentionsUser(event(naming('bob'), { deleted: true }), 'bob')).toBe(false);
    expect(mentionsUser(v1.Event.create({ from: 'alice', joined: { userId: 'bob' } }), 'bob')).toBe(false);
  });
});
