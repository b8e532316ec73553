/** A member's account was deleted: they leave, wherever that is. Who owned a group alone leaves it to somebody else. */
import type { Ask } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import type { PeopleDirectory } from '../../core/people.js';
import { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';
import type { EventBody } from './decide.js';
import type { ChannelState, MemberState } from './state.js';

/** As many as the directory is asked about at once. */
const HEIRS_MAX = 200;

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
function departure({ members }: ChannelState, userId: UserId, heir: UserId | undefined): readonly EventBody[] {
  if (!members.has(userId)) return [];
  const left = { left: { userId } };
  return heir === undefined ? [left] : [{ roleChanged: { userId: heir, role: v1.Role.OWNER } }, left];
}

interface Candidate {
  readonly userId: UserId;
  readonly member: MemberState;
}

const isBefore = ({ member: one }: Candidate, { member: other }: Candidate): boolean =>
  one.role === other.role ? one.joinedSeq < other.joinedSeq : one.role > other.role;

/**
 * Who could be the owner after the only one: the highest role first, then who has been there longest; else nobody. Whoever only reads
 * a broadcast channel is given none to speak in. So many as the directory is asked about: the mailbox waits, and members may be 100,000.
 */
export function heirs({ kind, members, owners }: ChannelState, userId: UserId): readonly UserId[] {
  if (members.get(userId)?.role !== v1.Role.OWNER || owners > 1) return [];
  const first: Candidate[] = [];
  for (const [other, member] of members) {
    if (other === userId || (kind === v1.ChannelKind.BROADCAST && member.role === v1.Role.MEMBER)) continue;
    const candidate = { userId: other, member };
    let at = first.length;
    for (let before = first[at - 1]; before !== undefined && isBefore(candidate, before); before = first[at - 1]) at--;
    if (at === HEIRS_MAX) continue;
    first.splice(at, 0, candidate);
    if (first.length > HEIRS_MAX) first.pop();
  }
  return first.map((candidate) => candidate.userId);
}

/** The first who is not suspended; if all are, the first: they may be restored. */
async function heirOf(people: PeopleDirectory, candidates: readonly UserId[]): Promise<UserId | undefined> {
  const active = candidates.length > 0 ? await people.active(candidates) : new Set<UserId>();
  return candidates.find((userId) => active.has(userId)) ?? candidates[0];
}
