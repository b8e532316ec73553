/** What is on its way, as the SDK shows it, for tests. */
import type { PendingMessage, Said } from '../../../client/index.js';
import { CHANNEL } from './events.js';

export function pendingOf(
  clientMessageId: string,
  said: Said = { type: 'message', text: 'on its way' },
  state: PendingMessage['state'] = 'pending',
): PendingMessage {
  return {
    clientMessageId,
    channelId: CHANNEL,
    said,
    text: 'text' in said ? said.text : '',
    queuedAt: new Date(0),
    state,
    seq: undefined,
    messageId: undefined,
    createdAt: undefined,
    error: undefined,
    sent: () => Promise.reject(new Error('not in this test')),
  };
}
