import { v1 } from '../../src/protocol/wire.js';
import { benchUserId } from './crowd.js';
import type { ParleySession } from './parley-session.js';

const INVITES_AT_ONCE = 200;

/** Makes a broadcast channel of all sessions' users; the first `publishers` may write. Resolves to its head. */
export async function makeBroadcast(sessions: readonly ParleySession[], publishers: number): Promise<number> {
  const [owner] = sessions;
  if (owner === undefined) throw new Error('nobody to make a channel');
  const answer = await owner.request({
    createChannel: {
      kind: v1.ChannelKind.BROADCAST,
      name: 'bench',
      members: [],
      idempotencyKey: `bench-${process.pid}-${Date.now()}`,
    },
  });
  const channelId = answer.channel?.channelId ?? '';
  const invite = async (from: number, to: number, role: v1.Role): Promise<void> => {
    for (let user = from; user < to; user += INVITES_AT_ONCE) {
      const userIds = sessions
        .slice(user, Math.min(to, user + INVITES_AT_ONCE))
        .map((session) => benchUserId(session.user));
      await owner.request({ invite: { channelId, userIds, role } });
    }
  };
  await invite(1, publishers, v1.Role.ADMIN);
  await invite(publishers, sessions.length, v1.Role.MEMBER);
  for (const session of sessions) session.broadcastChannelId = channelId;
  const { channel } = await owner.request({ getChannel: { channelId } });
  return channel?.head ?? 0;
}
