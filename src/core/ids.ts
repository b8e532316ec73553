/** Ids of users, channels and actors. The SDK takes some of this into browsers: no module of Node here. */
import { USER_ID_CHARACTERS_MAX } from './client-bounds.js';

/** One of SHARD_COUNT fixed virtual partitions; shards, not actors, are placed on nodes. */
export const SHARD_COUNT = 4096;

export type UserId = string;
export type ChannelId = string;
/** `user:alice` or `channel:alice~bob`. Also the id of the actor's log. */
export type ActorId = `user:${string}` | `channel:${string}`;

/** A user id is the account's name: a lower-case letter, then letters, digits and underscores, 2 to 32 in all. */
export const USER_ID = /^[a-z][a-z0-9_]{1,31}$/;
const CHANNEL_ID = /^(g[a-z2-7]{16}|[a-z][a-z0-9_]{1,31}~[a-z][a-z0-9_]{1,31})$/;
export const CHANNEL_ID_CHARACTERS_MAX = 2 * USER_ID_CHARACTERS_MAX + 1;

export const isUserId = (text: string): boolean => USER_ID.test(text);
export const isChannelId = (text: string): boolean => CHANNEL_ID.test(text);

const USER = 'user:';
const CHANNEL = 'channel:';

export const userActor = (userId: UserId): ActorId => `${USER}${userId}`;
export const channelActor = (channelId: ChannelId): ActorId => `${CHANNEL}${channelId}`;

/** Whose actor or log an id names; undefined when it names no user's. */
export const userOf = (id: string): UserId | undefined => (id.startsWith(USER) ? id.slice(USER.length) : undefined);
/** Which channel's actor or log an id names; undefined when it names no channel's. */
export const channelOf = (id: string): ChannelId | undefined =>
  id.startsWith(CHANNEL) ? id.slice(CHANNEL.length) : undefined;

/** The id of the direct channel of two people, the same whoever asks. */
export function directChannelId(a: UserId, b: UserId): ChannelId {
  return a < b ? `${a}~${b}` : `${b}~${a}`;
}

/** The two people of a direct channel; undefined for any other channel. */
export function directMembers(channelId: ChannelId): readonly [UserId, UserId] | undefined {
  const at = channelId.indexOf('~');
  return at < 0 ? undefined : [channelId.slice(0, at), channelId.slice(at + 1)];
}

/** Shard of an actor. */
export const shardOf = (actor: ActorId): number => hashOf(actor) % SHARD_COUNT;

/** FNV-1a (Fowler, Noll, Vo), 32 bits, with Murmur3's finalizer to spread the low bits. */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The same 32 bits for the same ids in whatever order; for others, hardly ever. 0: of none. */
export function hashOfSet(ids: Iterable<string>): number {
  let hash = 0;
  for (const id of ids) hash = (hash + hashOf(id)) >>> 0;
  return hash;
}
