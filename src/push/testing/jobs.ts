import type { PushJob, PushRead } from '../../core/push.js';

export function jobOf(more: Partial<PushJob> = {}): PushJob {
  return {
    type: 'message',
    ...{ userId: 'bob', channelId: 'alice~bob', seq: 2, messageId: '7', from: 'alice', channelName: '' },
    ...{ text: 'hello', mentioned: false, unread: 1, badge: 3, createdAtMs: 1_000 },
    ...more,
  };
}

export function readOf(more: Partial<PushRead> = {}): PushRead {
  const read = { type: 'read', userId: 'bob', channelId: 'alice~bob', seq: 2, badge: 1, readAt: 'desk' } as const;
  return { ...read, createdAtMs: 2_000, ...more };
}
