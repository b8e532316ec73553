import { createHash } from 'node:crypto';
import type { ChannelId, UserId } from './ids.js';
import { base32 } from './random.js';

/** The id of a new group or broadcast channel: the same creator and key give the same channel. */
export function createdChannelId(creator: UserId, idempotencyKey: string): ChannelId {
  const digest = createHash('sha256').update(`${creator}\0${idempotencyKey}`).digest();
  return `g${base32(digest, 16)}`;
}
