import { v1 } from '../../../src/protocol/wire.js';
import type { ParleySession } from '../session/parley-session.js';
import { RequestError } from '../session/request-error.js';
import type { UserRange } from './orders.js';
import { pause } from './pace.js';

const INVITES_AT_ONCE = 200;
/** A server that is busy asks for patience. */
const ATTEMPTS_MAX = 100;
const BACKOFF_MS = 100;

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
  const answer = await insist(owner, {
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
      await insist(owner, { invite: { channelId, userIds, role } });
    }
  };
  const { first, end } = members;
  const admins = kind === 'broadcast' ? Math.min(end, first + writers) : first + 1;
  await invite(first + 1, admins, v1.Role.ADMIN);
  await invite(admins, end, v1.Role.MEMBER);
  const { channel } = await insist(owner, { getChannel: { channelId } });
  return { channelId, head: channel?.head ?? 0 };
}

/** Asks again while the server asks to wait: all that is asked here may be asked twice. */
async function insist(owner: ParleySession, body: v1.IClientFrame): Promise<v1.ServerFrame> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await owner.request(body);
    } catch (thrown) {
      if (!(thrown instanceof RequestError) || !thrown.mayBeRepeated || attempt === ATTEMPTS_MAX) throw thrown;
      await pause(Math.max(BACKOFF_MS, thrown.retryAfterMs));
    }
  }
}
