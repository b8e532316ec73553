/** Who gets which event by inbox: the members as of its seq. Pure. */
import type { UserId } from '../../core/ids.js';
import { mentionedBy } from '../../protocol/mentions.js';
import { v1 } from '../../protocol/wire.js';
import { affectedUsers, apply, type ChannelState } from './state.js';

/** Keeps the list of members between changes, so that a message costs no walk over the map. */
export class Recipients {
  private members: readonly UserId[] | undefined;

  /** Applies `event` to `state` and says who is due it by inbox. The list must not be changed. */
  applyAndFind(state: ChannelState, event: v1.Event): readonly UserId[] {
    const before = state.tier;
    apply(state, event);
    const affected = affectedUsers(event);
    if (affected.length > 0) this.members = undefined;
    // The change to the fan-out tier is the last event that travels by inbox; the change back is the first.
    const byInbox = state.tier === v1.Tier.INBOX || (before === v1.Tier.INBOX && event.body === 'tierChanged');
    if (!byInbox) return affected.length > 0 ? affected : dueToSome(state, event);
    this.members ??= [...state.members.keys()];
    if (affected.length === 0) return this.members;
    const gone = affected.filter((userId) => !state.members.has(userId));
    return gone.length === 0 ? this.members : [...this.members, ...gone];
  }
}

/** In the fan-out tier a message goes to the inboxes of those whom it mentions, and its change to those that have it. */
function dueToSome(state: ChannelState, event: v1.Event): readonly UserId[] {
  if (event.body !== 'message') return holders(state, event.edited ?? event.erased);
  const mentioned = mentionedBy(event);
  if (mentioned === 'everybody') return [...state.members.keys()].filter((userId) => userId !== event.from);
  return mentioned.filter((userId) => state.members.has(userId));
}

function holders(state: ChannelState, change: v1.IMessageEdited | v1.IMessageErased | null | undefined): UserId[] {
  const { copies } = change ?? {};
  if (!copies) return [];
  if (!copies.all) return (copies.userIds ?? []).filter((userId) => state.members.has(userId));
  const said = change?.seq ?? 0;
  // Of what came by inbox, edits did so, too, also to who joined after it: those who joined in that tier, so they are few.
  const before = Math.max(said, state.fanOutSince);
  return [...state.members].flatMap(([userId, { joinedSeq }]) => (joinedSeq < before ? [userId] : []));
}
