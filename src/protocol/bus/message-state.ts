import type { MessageState } from '../bus-messages.js';
import { Long } from '../wire.js';
import type { bus } from './parts.js';

export function encodeMessageState(state: MessageState): bus.IMessageState {
  const { createdAtMs, recipients, ...rest } = state;
  return { ...rest, createdAt: Long.fromNumber(createdAtMs, true), recipients: [...recipients] };
}

export function messageStateOf(message: bus.MessageState): MessageState {
  const { committed, messageId, from, clientMessageId, createdAt, members, recipients } = message;
  return {
    ...{ committed, messageId, from, clientMessageId, members },
    createdAtMs: createdAt.toNumber(),
    recipients: recipients.map(({ userId, inInbox, delivered, read }) => ({
      userId: userId ?? '',
      inInbox: inInbox ?? false,
      delivered: delivered ?? false,
      read: read ?? false,
    })),
  };
}
