import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.js';
import type { ActorAnswer } from '../../src/protocol/bus-messages.js';
import { stored } from '../../src/protocol/stored.js';
import { Long, v1 } from '../../src/protocol/wire.js';
import { MANIFEST_KEY } from '../../src/search/channel-index.js';
import { readSearchGeneration } from '../../src/search/generation.js';
import { segmentPartition } from '../../src/search/segment.js';
import { type World, worldOn } from './fixture.js';
import { memoryPlace, openMemory } from './store.js';

let place = memoryPlace();

async function world(): Promise<World> {
  place = memoryPlace();
  return worldOn((incarnation) => openMemory(place, incarnation), 'alice', 'bob', 'carol', 'dave');
}

interface Found {
  readonly texts: string[];
  readonly marked: string[];
  readonly next: v1.ISearchResults['next'];
}

function foundIn(answer: ActorAnswer): Found {
  if (answer.type !== 'searchResults') throw new Error(answer.type);
  const hits = answer.value.hits ?? [];
  const marked = hits.flatMap(({ event, highlights }) =>
    (highlights ?? []).map(({ start, length }) =>
      (event?.message?.text ?? '').slice(start ?? 0, (start ?? 0) + (length ?? 0)),
    ),
  );
  return { texts: hits.map(({ event }) => event?.message?.text ?? ''), marked, next: answer.value.next };
}

async function search(chat: World, userId: string, given: v1.ISearch): Promise<Found> {
  return foundIn(await chat.request(userId, { type: 'search', value: v1.Search.create(given) }));
}

const group = (chat: World, name: string, members: string[]): Promise<string> =>
  chat.createChannel('alice', v1.ChannelKind.GROUP, members, { name });

async function say(chat: World, channelId: string, texts: readonly string[]): Promise<void> {
  for (let from = 0; from < texts.length; from += 32) {
    await Promise.all(texts.slice(from, from + 32).map((text) => chat.send('alice', { channelId }, text)));
  }
}

const numbered = (word: string): string[] => Array.from({ length: 520 }, (_, i) => `${word} ${i}`);

/** All that the index of a channel holds, also what is about to be removed. */
async function indexBytes({ node }: World, channelId: string): Promise<Buffer> {
  const record = await node.host.store.readRecord(`channel:${channelId}`, MANIFEST_KEY);
  const { segments, obsolete } = stored.SearchManifest.decode(record?.value ?? new Uint8Array());
  const partitions = [...segments, ...obsolete].map((entry) =>
    segmentPartition(channelId, stored.SearchSegment.create(entry)),
  );
  const records = await Promise.all(partitions.map((partition) => node.host.store.readRecords(partition, '', 10_000)));
  return Buffer.concat(records.flat().map(({ value }) => value));
}

describe('a search', () => {
  it('finds what was just said in any of one’s channels, newest first, and marks the words', async () => {
    const chat = await world();
    const friends = await group(chat, 'Friends', ['bob']);
    await chat.send('alice', { userId: 'bob' }, 'Lunch on Monday?');
    await chat.clock.advance(10);
    await chat.send('alice', { channelId: friends }, 'lunch is ready');
    await chat.clock.advance(10);
    await chat.send('bob', { userId: 'alice' }, 'no LUNCH for me');
    const found = await search(chat, 'bob', { words: 'lunch' });
    expect(found.texts).toEqual(['no LUNCH for me', 'lunch is ready', 'Lunch on Monday?']);
    expect(found.marked).toEqual(['LUNCH', 'lunch', 'Lunch']);
    expect((await search(chat, 'bob', { words: 'lunch', from: 'bob' })).texts).toEqual(['no LUNCH for me']);
    expect((await search(chat, 'bob', { words: 'lunch', channelId: friends })).texts).toEqual(['lunch is ready']);
  });

  it('goes on where the page before ended, across channels', async () => {
    const chat = await world();
    const channels = [await group(chat, 'one', ['bob']), await group(chat, 'two', ['bob'])];
    const texts = Array.from({ length: 10 }, (_, i) => `news ${i}`);
    for (const [i, text] of texts.entries()) {
      await chat.send('alice', { channelId: channels[i % 2] ?? '' }, text);
      await chat.clock.advance(5);
    }
    const seen: string[] = [];
    let before = Long.UZERO;
    do {
      const page: Found = await search(chat, 'bob', { words: 'news', limit: 3, before });
      seen.push(...page.texts);
      before = page.next ?? Long.UZERO;
    } while (!before.isZero());
    expect(seen).toEqual(texts.reverse());
  });

  it('leaves no channel out whose ids run ahead of its clock, as after a restart', async () => {
    const chat = await world();
    const quiet = await group(chat, 'Quiet', ['bob']);
    const [between, newest]: [string[], string[]] = [[], []];
    for (let at = 0; at < LIMITS.searchChannelsAtOnce; at++) {
      for (const which of [0, 1]) between.push(await group(chat, `Between ${at} ${which}`, ['bob']));
      newest.push(await group(chat, `Newest ${at}`, ['bob']));
    }
    await chat.clock.advance(60_000);
    const busy = await group(chat, 'Busy', ['bob']);
    await chat.send('alice', { channelId: busy }, 'hello');
    await chat.crash();
    await chat.send('alice', { channelId: busy }, 'lunch with an id of later');
    await chat.clock.advance(10);
    for (const channelId of between) await chat.send('alice', { channelId }, 'nothing');
    await chat.clock.advance(10);
    for (const text of ['lunch 1', 'lunch 2', 'lunch 3']) await chat.send('alice', { channelId: quiet }, text);
    await chat.clock.advance(10);
    for (const channelId of newest) await chat.send('alice', { channelId }, 'nothing');
    const texts: string[] = [];
    for (let before: v1.ISearchResults['next'] = Long.UZERO; ; ) {
      await chat.clock.advance(2_000); // searches have a rate
      const page = await search(chat, 'bob', { words: 'lunch', limit: 1, before });
      texts.push(...page.texts);
      if (page.next == null || Long.fromValue(page.next).isZero()) break;
      before = page.next;
    }
    expect(texts).toEqual(['lunch with an id of later', 'lunch 3', 'lunch 2', 'lunch 1']);
  });

  it('keeps to dates', async () => {
    const chat = await world();
    const start = chat.clock.now();
    const friends = await group(chat, 'Friends', ['bob']);
    for (const day of [0, 1, 2, 3]) {
      await chat.send('alice', { channelId: friends }, `day ${day}`);
      await chat.clock.advance(1000);
    }
    const between = { since: Long.fromNumber(start + 1000), until: Long.fromNumber(start + 2999) };
    expect((await search(chat, 'bob', { words: 'day', ...between })).texts).toEqual(['day 2', 'day 1']);
  });

  it('finds old and new after segments were written and merged, and after a crash', async () => {
    const chat = await world();
    const friends = await group(chat, 'Friends', ['bob']);
    const texts = Array.from({ length: 1100 }, (_, i) => `message ${i} ${i % 500 === 7 ? 'needle' : 'hay'}`);
    await say(chat, friends, texts);
    const needles = ['message 1007 needle', 'message 507 needle', 'message 7 needle'];
    const manifest = await chat.node.host.store.readRecord(`channel:${friends}`, 'search');
    expect(manifest).toBeDefined();
    expect((await search(chat, 'bob', { words: 'needle' })).texts).toEqual(needles);
    await chat.crash();
    expect((await search(chat, 'bob', { words: 'needle' })).texts).toEqual(needles);
    expect((await search(chat, 'bob', { from: 'alice', limit: 1 })).texts).toEqual(['message 1099 hay']);
  });

  it('answers where the store has lost a segment, which is then built anew, and words still leave the index', async () => {
    for (const first of ['search', 'erasure']) {
      const chat = await world();
      const friends = await group(chat, 'Friends', ['bob']);
      await say(chat, friends, ['a sesame', ...numbered('filler')]);
      const { store } = chat.node.host;
      const [partition, key] = [`search/${friends}/1-512-${await readSearchGeneration(store)}`, 'head'];
      const record = await store.readRecord(partition, key);
      if (record === undefined) throw new Error('no segment');
      await store.write([
        { type: 'unrecord', partition, key, version: { ...record.version, counter: record.version.counter + 1 } },
      ]);
      await chat.crash();
      const finds = async (): Promise<void> =>
        expect((await search(chat, 'bob', { words: 'filler 7 ' })).texts).toEqual(['filler 7']);
      if (first === 'search') await finds();
      await chat.send('alice', { channelId: friends }, '', { message: null, erase: { seq: 2 } });
      await chat.clock.advance(60_000);
      const bytes = await indexBytes(chat, friends);
      expect([bytes.includes('sesame'), bytes.includes('filler')]).toEqual([false, true]);
      await finds();
    }
  });

  it('finds an edited message by its new text, in its old place, and an erased one never', async () => {
    const chat = await world();
    const friends = await group(chat, 'Friends', ['bob']);
    await say(chat, friends, ['an apple', 'a cherry', 'a secret']);
    await say(
      chat,
      friends,
      Array.from({ length: 520 }, (_, i) => `filler ${i}`),
    );
    await chat.send('alice', { channelId: friends }, '', {
      message: null,
      edit: { seq: 2, message: { text: 'a pear' } },
    });
    await chat.send('alice', { channelId: friends }, '', { message: null, erase: { seq: 4 } });
    await chat.send('alice', { channelId: friends }, 'another pear');
    const finds = async (words: string): Promise<string[]> => (await search(chat, 'bob', { words })).texts;
    expect(await finds('apple')).toEqual([]);
    expect(await finds('secret')).toEqual([]);
    expect(await finds('pear')).toEqual(['another pear', 'a pear']);
    await say(
      chat,
      friends,
      Array.from({ length: 520 }, (_, i) => `more ${i}`),
    );
    expect(await finds('pear')).toEqual(['another pear', 'a pear']);
    expect(await finds('apple')).toEqual([]);
    await chat.crash();
    expect(await finds('pear')).toEqual(['another pear', 'a pear']);
  });

  it('shows nothing of an erased message, and within a minute nothing of it is stored, also over a crash', async () => {
    const stored = (word: string): boolean => place.everything().some((bytes) => Buffer.from(bytes).includes(word));
    // The index stores a word without what it shares with the one before.
    for (const crashes of [false, true]) {
      const chat = await world();
      const friends = await group(chat, 'Friends', ['bob']);
      await say(chat, friends, ['a sesame', 'stays']);
      await say(
        chat,
        friends,
        Array.from({ length: 520 }, (_, i) => `filler ${i}`),
      );
      const edit = { seq: 2, message: { text: 'an aubergine' } };
      await chat.send('alice', { channelId: friends }, '', { message: null, edit });
      await say(
        chat,
        friends,
        Array.from({ length: 520 }, (_, i) => `more ${i}`),
      );
      await chat.clock.advance(1000);
      expect([stored('same'), stored('bergine')]).toEqual([true, true]);
      await chat.send('alice', { channelId: friends }, '', { message: null, erase: { seq: 2 } });
      await chat.clock.advance(2000);
      if (crashes) await chat.crash();
      for (const words of ['sesame', 'aubergine']) expect((await search(chat, 'bob', { words })).texts).toEqual([]);
      await chat.clock.advance(60_000);
      expect([stored('same'), stored('bergine'), stored('stays')]).toEqual([false, false, true]);
      expect((await search(chat, 'bob', { words: 'stays' })).texts).toEqual(['stays']);
      expect((await search(chat, 'bob', { words: 'filler 7' })).texts).toContain('filler 7');
    }
  });

  it('keeps no word that an edit replaced for longer than a minute, also over a crash', async () => {
    for (const crashAfterMs of [undefined, 0, 2000]) {
      const chat = await world();
      const friends = await group(chat, 'Friends', ['bob']);
      const edit = (seq: number, text: string) =>
        chat.send('alice', { channelId: friends }, '', { message: null, edit: { seq, message: { text } } });
      const has = async (words: readonly string[]): Promise<boolean[]> => {
        const bytes = await indexBytes(chat, friends);
        return words.map((word) => bytes.includes(word));
      };
      await say(chat, friends, ['a sesame', 'a walnut', 'stays', ...numbered('filler'), 'replaced']);
      await edit(2, 'an aubergine');
      await edit(525, 'a cucumber');
      await say(chat, friends, numbered('more'));
      await chat.clock.advance(1000);
      const early = ['same', 'bergine', 'alnut', 'cumber', 'replaced'];
      expect(await has(early)).toEqual([true, true, true, true, false]);
      await edit(2, 'a turnip');
      await edit(3, 'a walrus');
      await edit(3, 'a kumquat');
      if (crashAfterMs !== undefined) {
        await chat.clock.advance(crashAfterMs);
        await chat.crash();
      }
      await chat.clock.advance(60_000);
      expect(await has(['same', 'bergine', 'alnut', 'cumber', 'stays'])).toEqual([false, false, false, true, true]);
      await say(chat, friends, numbered('last'));
      await chat.clock.advance(1000);
      expect(await has(['alrus', 'turnip', 'quat'])).toEqual([false, true, true]);
      const finds = async (given: v1.ISearch): Promise<string[]> => (await search(chat, 'bob', given)).texts;
      for (const words of ['sesame', 'aubergine', 'walnut', 'walrus']) expect(await finds({ words })).toEqual([]);
      expect(await finds({ words: 'turnip' })).toEqual(['a turnip']);
      expect(await finds({ words: 'kumquat', from: 'alice' })).toEqual(['a kumquat']);
      expect(await finds({ words: 'cucumber' })).toEqual(['a cucumber']);
    }
  });

  it('shows a member what the history shows them, also of before they joined, and nothing once they are removed', async () => {
    const chat = await world();
    const friends = await group(chat, 'Friends', ['bob']);
    await say(chat, friends, ['early bird']);
    const invite = v1.InviteMembers.create({ channelId: friends, userIds: ['carol'] });
    await chat.request('alice', { type: 'invite', value: invite });
    await say(chat, friends, ['late bird']);
    const value = v1.ReadHistory.create({ channelId: friends, afterSeq: 0 });
    const history = await chat.request('carol', { type: 'readHistory', value });
    const events = history.type === 'history' ? (history.value.events ?? []) : [];
    const readable = events.flatMap(({ message }) => message?.text ?? []).reverse();
    expect((await search(chat, 'carol', { words: 'bird' })).texts).toEqual(readable);
    expect(readable).toEqual(['late bird', 'early bird']);
    const remove = v1.RemoveMember.create({ channelId: friends, userId: 'carol' });
    await chat.request('alice', { type: 'remove', value: remove });
    expect((await search(chat, 'carol', { words: 'bird' })).texts).toEqual([]);
    await expect(search(chat, 'carol', { words: 'bird', channelId: friends })).rejects.toMatchObject({
      kind: 'not_a_member',
    });
  });

  it('shows nothing of channels that one is no member of, or left', async () => {
    const chat = await world();
    const friends = await group(chat, 'Friends', ['bob', 'carol']);
    await chat.send('alice', { channelId: friends }, 'a secret');
    expect((await search(chat, 'dave', { words: 'secret' })).texts).toEqual([]);
    await expect(search(chat, 'dave', { words: 'secret', channelId: friends })).rejects.toMatchObject({
      kind: 'not_a_member',
    });
    await expect(search(chat, 'dave', { words: 'x', channelId: 'alice~bob' })).rejects.toMatchObject({
      kind: 'not_a_member',
    });
    await chat.request('carol', { type: 'leave', value: v1.LeaveChannel.create({ channelId: friends }) });
    expect((await search(chat, 'carol', { words: 'secret' })).texts).toEqual([]);
    expect((await search(chat, 'bob', { words: 'secret' })).texts).toEqual(['a secret']);
  });

  it('does not show what a blocked person said', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'first word');
    chat.people.accounts.get('bob')?.blocked.add('alice');
    chat.edge.tell('user:bob', { type: 'directory_changed' });
    await chat.clock.settle();
    await chat.send('alice', { userId: 'bob' }, 'second word');
    expect((await search(chat, 'bob', { words: 'word' })).texts).toEqual(['first word']);
    expect((await search(chat, 'alice', { words: 'word' })).texts).toEqual(['second word', 'first word']);
  });

  it('that is too long, of too many words, or of none is refused with a code of its own', async () => {
    const chat = await world();
    const refused = async (given: v1.ISearch): Promise<unknown> =>
      (async () => search(chat, 'bob', given))().catch((error: { kind?: string }) => error.kind);
    expect(await refused({ words: 'x'.repeat(10_000) })).toBe('search_too_long');
    expect(await refused({ words: 'ab '.repeat(1000) })).toBe('search_too_many_words');
    expect(await refused({ words: ' ' })).toBe('search_empty');
    expect(await refused({ words: '?!' })).toBe('search_empty');
  });

  it('has a rate for each user', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'hello');
    for (let i = 0; i < 20; i++) await search(chat, 'bob', { words: 'hello' });
    await expect(search(chat, 'bob', { words: 'hello' })).rejects.toMatchObject({ kind: 'rate_limited' });
    await chat.clock.advance(1000);
    expect((await search(chat, 'bob', { words: 'hello' })).texts).toEqual(['hello']);
  });
});
