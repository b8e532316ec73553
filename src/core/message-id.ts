import Long from 'long';
import { assert } from './errors.js';

/**
 * A message id: 63 bits, from the top 41 of milliseconds since 1970, 12 of shard, 4 of the term, 6 of counter.
 * Unique without coordination because a shard has one owner; sortable by time. Unsigned; a decimal string in text.
 */
export type MessageId = Long;

/** Counts issued in one millisecond before the next one is borrowed. */
export const IDS_PER_MILLISECOND = 64;

export function makeMessageId(timeMs: number, shard: number, term: number, counter: number): MessageId {
  assert(timeMs >= 0 && timeMs < 2 ** 41, 'the time fits 41 bits');
  const low = ((timeMs % 1024) << 22) | (shard << 10) | ((term & 15) << 6) | counter;
  return Long.fromBits(low, Math.floor(timeMs / 1024), true);
}

/** The id's time, milliseconds since 1970. */
export function messageIdTime(id: MessageId): number {
  return id.getHighBitsUnsigned() * 1024 + (id.getLowBitsUnsigned() >>> 22);
}

export function messageIdShard(id: MessageId): number {
  return (id.getLowBitsUnsigned() >>> 10) & 4095;
}

/** The decimal form; not all that has it is an id. */
export const MESSAGE_ID = /^[0-9]{1,19}$/;

/** Parses the decimal form; undefined for anything that is no id. */
export function parseMessageId(text: string): MessageId | undefined {
  if (!MESSAGE_ID.test(text)) return undefined;
  const id = Long.fromString(text, true);
  return id.toString() === text && id.getHighBitsUnsigned() < 2 ** 31 ? id : undefined;
}
