/** A member's account was deleted: they leave, wherever that is. Who owned a group alone leaves it to somebody else. */
import type { Ask } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import type { PeopleDirectory } from '../../core/people.js';
import { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';
import type { EventBody } from './decide.js';
import type { ChannelState } from './state.js';

/** As many as the directory is asked about at once. */
const ASKED_AT_ONCE = 200;

/** Answers once it is durable, also when they are no member. The mailbox waits while the directory is asked for an heir. */
export async function letDeletedLeave(channel: Channel, ask: Ask, userId: UserId): Promise<void> {
  const { host, state } = channel;
  try {
    await host.messageIdsReady(channel.context.id);
    const heir = await heirOf(host.people, heirs(state, userId));
    for (const body of departure(state, userId, heir))
      channel.append({ userId, sessionId: '', clientMessageId: '' }, body);
    channel.settleTier();
    channel.waitForNewest(ask);
    channel.whenCommitted(() => host.answer(ask, { type: 'done', value: {} }));
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    host.refuse(ask, error);
  }
}

/** The events by which they leave. */
export function departure({ members }: ChannelState, userId: UserId, heir: UserId | undefined): readonly EventBody[] {
  if (!members.has(userId)) return [];
  const left = { left: { userId } };
  return heir === undefined ? [left] : [{ roleChanged: { userId: heir, role: v1.Role.OWNER } }, left];
}

/** Who could be the owner after the only one: the highest role first, then who has been there longest. Else nobody. */
export function heirs({ members, owners }: ChannelState, userId: UserId): readonly UserId[] {
  if (members.get(userId)?.role !== v1.Role.OWNER || owners > 1) return [];
  const others = [...members].filter(([other]) => other !== userId);
  return others.sort(([, a], [, b]) => b.role - a.role || a.joinedSeq - b.joinedSeq).map(([other]) => other);
}

/** The first who is not suspended; if all are, the first: they may be restored. */
async function heirOf(people: PeopleDirectory, candidates: readonly UserId[]): Promise<UserId | undefined> {
  for (let from = 0; from < candidates.length; from += ASKED_AT_ONCE) {
    const some = candidates.slice(from, from + ASKED_AT_ONCE);
    const active = await people.active(some);
    const heir = some.find((userId) => active.has(userId));
    if (heir !== undefined) return heir;
  }
  return candidates[0];
}
