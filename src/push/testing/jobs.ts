import type { PushJob } from '../../core/push.js';

export function jobOf(more: Partial<PushJob> = {}): PushJob {
  return {
    ...{ userId: 'bob', channelId: 'alice~bob', seq: 2, messageId: '7', from: 'alice', channelName: '' },
    ...{ text: 'hello', mentioned: false, unread: 1, badge: 3, createdAtMs: 1_000 },
    ...more,
  };
}
