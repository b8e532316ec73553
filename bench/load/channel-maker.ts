import { v1 } from '../../src/protocol/wire.js';
import type { UserRange } from './orders.js';
import type { ParleySession } from './parley-session.js';

const INVITES_AT_ONCE = 200;

export interface ChannelOrder {
  readonly kind: 'group' | 'broadcast';
  readonly name: string;
  readonly members: UserRange;
  /** The first so many may write to a broadcast channel. */
  readonly writers: number;
}

/** Makes a channel of the load; `owner` is the first member. Resolves to its id and its head. */
export async function makeChannel(
  owner: ParleySession,
  userId: (user: number) => string,
  { kind, name, members, writers }: ChannelOrder,
): Promise<{ readonly channelId: string; readonly head: number }> {
  const answer = await owner.request({
    createChannel: {
      kind: kind === 'group' ? v1.ChannelKind.GROUP : v1.ChannelKind.BROADCAST,
      name,
      members: [],
      idempotencyKey: `${name}-${process.pid}-${Date.now()}`.slice(0, 64),
    },
  });
  const channelId = answer.channel?.channelId ?? '';
  const invite = async (from: number, to: number, role: v1.Role): Promise<void> => {
    for (let user = from; user < to; user += INVITES_AT_ONCE) {
      const length = Math.min(to - user, INVITES_AT_ONCE);
      const userIds = Array.from({ length }, (_, index) => userId(user + index));
      await owner.request({ invite: { channelId, userIds, role } });
    }
  };
  const { first, end } = members;
  const admins = kind === 'broadcast' ? Math.min(end, first + writers) : first + 1;
  await invite(first + 1, admins, v1.Role.ADMIN);
  await invite(admins, end, v1.Role.MEMBER);
  const { channel } = await owner.request({ getChannel: { channelId } });
  return { channelId, head: channel?.head ?? 0 };
}
