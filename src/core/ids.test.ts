import { describe, expect, it } from 'vitest';
import { USER_ID_CHARACTERS_MAX, USER_ID_CHARACTERS_MIN } from './client-bounds.js';
import {
  CHANNEL_ID_CHARACTERS_MAX,
  channelActor,
  channelOf,
  directChannelId,
  isChannelId,
  isUserId,
  SHARD_COUNT,
  shardOf,
  userActor,
  userOf,
} from './ids.js';
import { makeMessageId, messageIdShard, messageIdTime, parseMessageId } from './message-id.js';

describe('ids', () => {
  it('gives the direct channel of two people the same id whoever asks', () => {
    expect(directChannelId('bob', 'alice')).toBe('alice~bob');
    expect(isChannelId(directChannelId('alice', 'bob'))).toBe(true);
  });

  it('refuses user ids that could be mistaken for something else', () => {
    for (const bad of ['', 'a', 'Alice', '1abc', 'a~b', 'a:b', 'a'.repeat(33), 'ä'.repeat(3)])
      expect(isUserId(bad)).toBe(false);
  });

  it('says of which kind an actor is, and whose', () => {
    const ids = [userActor('bob'), channelActor('alice~bob'), 'bob', ''];
    expect(ids.map(userOf)).toEqual(['bob', undefined, undefined, undefined]);
    expect(ids.map(channelOf)).toEqual([undefined, 'alice~bob', undefined, undefined]);
  });

  it('takes ids of the lengths that it names, and none that is shorter or longer', () => {
    const shortest = 'a'.repeat(USER_ID_CHARACTERS_MIN);
    expect([isUserId(shortest), isUserId(shortest.slice(1))]).toEqual([true, false]);
    const longest = (first: string): string => first.repeat(USER_ID_CHARACTERS_MAX);
    expect([isUserId(longest('a')), isUserId(`${longest('a')}a`)]).toEqual([true, false]);
    const channelId = directChannelId(longest('a'), longest('b'));
    expect([isChannelId(channelId), channelId.length]).toEqual([true, CHANNEL_ID_CHARACTERS_MAX]);
  });

  it('spreads users over all shards evenly', () => {
    const counts = new Uint32Array(SHARD_COUNT);
    const users = SHARD_COUNT * 50;
    for (let i = 0; i < users; i++) {
      const shard = shardOf(userActor(`user${i}`));
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(15);
    expect(Math.max(...counts)).toBeLessThan(95);
  });

  it('packs time, shard, term and counter into a message id that sorts by time and survives text', () => {
    const id = makeMessageId(1_763_850_000_123, 4095, 17, 63);
    expect(messageIdTime(id)).toBe(1_763_850_000_123);
    expect(messageIdShard(id)).toBe(4095);
    expect(parseMessageId(id.toString())?.equals(id)).toBe(true);
    expect(makeMessageId(1_763_850_000_124, 0, 0, 0).greaterThan(id)).toBe(true);
    for (const bad of ['', '-1', '1.5', '99999999999999999999', '18446744073709551615', '01'])
      expect(parseMessageId(bad)).toBeUndefined();
  });
});
