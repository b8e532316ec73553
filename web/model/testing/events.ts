/** Events as the SDK hands them on, for tests. */
import type { ChannelEvent, EventBody, Member } from '../../../client/index.js';

export const CHANNEL = 'ann~ben';
const START_MS = Date.UTC(2026, 0, 5, 12);

export function eventOf(seq: number, from: string, body: EventBody, channelId = CHANNEL): ChannelEvent {
  const clientMessageId = body.type === 'message' ? `${from}-${seq}` : '';
  const createdAt = new Date(START_MS + seq * 1000);
  return { channelId, seq, messageId: String(seq), createdAt, from, clientMessageId, ...body };
}

export function messageOf(seq: number, from: string, text = `message ${seq}`, channelId = CHANNEL): ChannelEvent {
  return eventOf(seq, from, { type: 'message', text }, channelId);
}

export function memberOf(userId: string, deliveredSeq = 0, readSeq = 0): Member {
  return { userId, role: 'member', joinedSeq: 1, deliveredSeq, readSeq };
}
