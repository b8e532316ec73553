import type { ActorAnswer, MessageState } from '../../protocol/bus-messages.js';
import { Long, v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';

const NOTHING: MessageState = {
  ...{ committed: false, messageId: Long.UZERO, from: '', clientMessageId: '', createdAtMs: 0, members: 0 },
  recipients: [],
};

/** What operators may know of the event at `seq`: whose it is, and which members have it; nothing of what it says. */
export async function messageState(channel: Channel, seq: number): Promise<ActorAnswer> {
  const [event] = seq > 0 && seq <= channel.committedHead ? await channel.events(seq, seq + 1) : [];
  if (event === undefined) return { type: 'message_state', value: NOTHING };
  const { messageId, from, clientMessageId, createdAt } = event.value;
  const { members, tier } = channel.state;
  const byInbox = tier === v1.Tier.INBOX ? [...members] : [];
  const recipients = byInbox
    .filter(([, { joinedSeq }]) => joinedSeq <= seq)
    .map(([userId, { deliveredSeq, readSeq }]) => {
      const owedFrom = channel.deliveries.owedFrom(userId);
      const inInbox = owedFrom === 0 || seq < owedFrom;
      return { userId, inInbox, delivered: deliveredSeq >= seq, read: readSeq >= seq };
    });
  const value = { committed: true, messageId, from, clientMessageId, createdAtMs: createdAt.toNumber() };
  return { type: 'message_state', value: { ...value, members: members.size, recipients } };
}
