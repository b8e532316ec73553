/** Envelopes between user actors and the push role. */
import { unreachable } from '../../core/errors.js';
import type { PushEnvelope } from '../bus-messages.js';
import { Long } from '../wire.js';
import type { bus } from './parts.js';

export function encodePushEnvelope(envelope: PushEnvelope): bus.IEnvelope {
  switch (envelope.type) {
    case 'push_job': {
      const { createdAtMs, ...job } = envelope.job;
      return { pushJob: { ...job, createdAt: Long.fromNumber(createdAtMs, true) } };
    }
    case 'push_cancel': {
      const { userId, channelId, seq } = envelope;
      return { pushCancel: { userId, channelId, seq } };
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
    job: { ...names, text, mentioned, unread, badge, createdAtMs: createdAt.toNumber() },
  };
}

export function pushCancelOf({ userId, channelId, seq }: bus.PushCancel): PushEnvelope {
  return { type: 'push_cancel', userId, channelId, seq };
}
