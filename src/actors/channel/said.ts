/**
 * What somebody says in a channel: a message, or an edit, a reaction or a deletion of one. All of it is a send: once, in its
 * device's order, durable before it is acknowledged.
 */
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import { mentionedBy } from '../../protocol/mentions.js';
import { Long, v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';
import { checkIsRead, checkMayWrite, type EventBody, memberOf } from './decide.js';
import type { Form } from './form.js';
import type { ChannelState } from './state.js';

/** Whether the channel must look at an earlier message before it takes the send. */
export const changesMessage = (send: v1.Send): boolean => send.message == null;

/** Those that `before` had are not asked about again: members leave, and channels grow. */
function checkMentions(state: ChannelState, { mentions }: v1.IMessageBody, before: readonly v1.IMention[]): void {
  for (const { kind, userId } of mentions ?? []) {
    if (before.some((had) => had.kind === kind && had.userId === userId)) continue;
    if (kind === v1.MentionKind.MENTION_USER) {
      if (!state.members.has(userId ?? '')) throw new ParleyError('mention_not_member');
    } else if (state.members.size > LIMITS.mentionAllMembersMax) throw new ParleyError('mention_too_wide');
  }
}

function checkMessage(state: ChannelState, body: v1.IMessageBody, mentionsBefore: readonly v1.IMention[]): void {
  checkMentions(state, body, mentionsBefore);
  if ((body.replyTo ?? 0) > state.seq) throw new ParleyError('message_not_found');
}

/** The event of a new message. Throws what its author may not do. */
export function messageSaid(state: ChannelState, userId: UserId, body: v1.IMessageBody): EventBody {
  checkMayWrite(state, userId);
  checkMessage(state, body, []);
  return { message: body };
}

interface Target {
  readonly event: v1.Event;
  readonly form: Form;
}

async function readTarget(channel: Channel, seq: number): Promise<Target> {
  const [event] = await channel.events(seq, seq + 1);
  const isMessage = event?.value.body === 'message' || event?.value.deleted === true;
  if (event === undefined || !isMessage || event.value.edited) throw new ParleyError('message_not_found');
  const form = await channel.forms.decided(seq);
  if (form.erased) throw new ParleyError('message_erased');
  return { event: event.value, form };
}

/** Whose inboxes have the message, where not those of all members do: see Recipients. */
function copiesOf(state: ChannelState, { event }: Target): { readonly copies?: v1.ICopies } {
  if (state.tier !== v1.Tier.FANOUT) return {};
  const mentioned = mentionedBy(event);
  if (mentioned === 'everybody' || event.seq < state.fanOutSince) return { copies: { all: true } };
  return mentioned.length === 0 ? {} : { copies: { userIds: [...mentioned] } };
}

function edit(state: ChannelState, userId: UserId, edited: v1.IMessageEdited, target: Target): EventBody {
  checkMayWrite(state, userId);
  if (target.event.from !== userId)
    throw new ParleyError('forbidden', { sentence: 'Only its author edits a message.' });
  if (target.form.edits.length >= LIMITS.editsMax)
    throw new ParleyError('forbidden', { sentence: 'The message was edited as often as it can be.' });
  const message = edited.message ?? {};
  checkMessage(state, message, (target.form.message ?? target.event.message)?.mentions ?? []);
  return { edited: { seq: target.event.seq, message, ...copiesOf(state, target) } };
}

const erasedBody = (state: ChannelState, target: Target): EventBody => ({
  erased: { seq: target.event.seq, createdAt: Long.fromValue(target.event.createdAt), ...copiesOf(state, target) },
});

function erase(state: ChannelState, userId: UserId, target: Target): EventBody {
  const { event } = target;
  const { role } = memberOf(state, userId);
  const isModerator = state.kind !== v1.ChannelKind.DIRECT && role >= v1.Role.ADMIN;
  if (event.from !== userId && !isModerator)
    throw new ParleyError('forbidden', { sentence: 'Only its author or an admin deletes a message.' });
  return erasedBody(state, target);
}

/** Undefined: it is so already. The lists of who reacted are whole, so they are bounded. */
function react(
  state: ChannelState,
  userId: UserId,
  { emoji, removed }: v1.IMessageReacted,
  target: Target,
): EventBody | undefined {
  memberOf(state, userId);
  checkIsRead(state);
  const { reactions } = target.form;
  const has = reactions.get(emoji ?? '')?.some((reaction) => reaction.userId === userId) ?? false;
  if (has === !removed) return undefined;
  const count = [...reactions.values()].reduce((sum, users) => sum + users.length, 0);
  if (!removed && count >= LIMITS.reactionsPerMessageMax) throw new ParleyError('reactions_full');
  if (!removed && !reactions.has(emoji ?? '') && reactions.size >= LIMITS.reactionsMax)
    throw new ParleyError('reactions_full');
  return { reacted: { seq: target.event.seq, emoji: emoji ?? '', removed: removed ?? false } };
}

/** The event that changes an earlier message; undefined: nothing would change. Rejects with what its author may not do. */
export async function changeSaid(channel: Channel, userId: UserId, send: v1.Send): Promise<EventBody | undefined> {
  const { state } = channel;
  memberOf(state, userId);
  if (!channel.forms.hasRoom) throw new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.slow });
  const target = await readTarget(channel, (send.edit ?? send.erase ?? send.react)?.seq ?? 0);
  if (send.edit) return edit(state, userId, send.edit, target);
  return send.erase ? erase(state, userId, target) : react(state, userId, send.react ?? {}, target);
}

/** The event that deletes a message, whoever wants it. Rejects with `message_not_found` or `message_erased`. */
export async function erasureOf(channel: Channel, seq: number): Promise<EventBody> {
  if (!channel.forms.hasRoom) throw new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.slow });
  return erasedBody(channel.state, await readTarget(channel, seq));
}
