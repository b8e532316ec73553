/** Envelopes between user actors and the push role. */
import { unreachable } from '../../core/errors.js';
import type { PushEnvelope } from '../bus-messages.js';
import { Long } from '../wire.js';
import type { bus } from './parts.js';

export function encodePushEnvelope(envelope: PushEnvelope): bus.IEnvelope {
  switch (envelope.type) {
    case 'push_job': {
      const { createdAtMs, type: _, ...job } = envelope.job;
      return { pushJob: { ...job, createdAt: Long.fromNumber(createdAtMs, true) } };
    }
    case 'push_read': {
      const { createdAtMs, type: _, ...job } = envelope.job;
      return { pushRead: { ...job, createdAt: Long.fromNumber(createdAtMs, true) } };
    }
    default:
      return unreachable(envelope);
  }
}

// ---- and back --------------------------------------------------------------------------------------------------------

export function pushJobOf(message: bus.PushJob): PushEnvelope {
  const { userId, channelId, seq, messageId, from, channelName, text, mentioned, unread, badge, createdAt } = message;
  const names = { userId, channelId, seq, messageId, from, channelName };
  return {
    type: 'push_job',
    job: { type: 'message', ...names, text, mentioned, unread, badge, createdAtMs: createdAt.toNumber() },
  };
}

export function pushReadOf({ userId, channelId, seq, badge, readAt, createdAt }: bus.PushRead): PushEnvelope {
  const createdAtMs = createdAt.toNumber();
  return { type: 'push_read', job: { type: 'read', userId, channelId, seq, badge, readAt, createdAtMs } };
}
