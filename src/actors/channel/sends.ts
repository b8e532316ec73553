/**
 * A send: once, in its device's order, durable before it is acknowledged (docs/ARCHITECTURE.md, Sending a message).
 */
import type { Ask } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import { directMembers } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Caller } from '../../protocol/bus-messages.js';
import { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';
import type { EventBody } from './decide.js';
import { changeSaid, changesMessage, messageSaid } from './said.js';
import { markOf, markOfSend } from './said-mark.js';
import { ackOf } from './send-memory.js';

/** How far below the client's base the send named in `after` is looked for. */
const AFTER_REACH_BACK = 256;

/** Takes a send, answers a known one again, or refuses it. The mailbox waits where the log or directory is asked. */
export function handleSend(channel: Channel, ask: Ask, caller: Caller, send: v1.Send): void | Promise<void> {
  const known = channel.memory.find(caller.userId, send.clientMessageId);
  if (known !== undefined) {
    checkSame(known.mark, send);
    if (known.seq > channel.committedHead) return channel.waitFor(known.seq, ask);
    return channel.host.answer(ask, { type: 'sendAck', value: ackOf(known, channel.id, send.clientMessageId) });
  }
  const nothing = channel.memory.nothingOf(caller.userId, send.clientMessageId);
  if (nothing !== undefined) {
    checkSame(nothing.mark, send);
    return answerUnchanged(channel, ask, send);
  }
  const slow =
    channel.state.seq === 0 ||
    send.base < channel.memory.knownAbove ||
    lacksPredecessor(channel, caller, send) ||
    changesMessage(send);
  if (slow) return handleUnknown(channel, ask, caller, send);
  accept(channel, ask, caller, send, messageSaid(channel.state, caller.userId, send.message ?? {}));
}

/** Throws `conflict` when a known id comes with something else than what was said under it. */
function checkSame(mark: number | undefined, send: v1.Send): void {
  if (mark !== undefined && mark !== markOfSend(send)) throw new ParleyError('conflict');
}

function lacksPredecessor(channel: Channel, caller: Caller, send: v1.Send): boolean {
  return send.after !== '' && !channel.memory.has(caller.userId, send.after);
}

async function handleUnknown(channel: Channel, ask: Ask, caller: Caller, send: v1.Send): Promise<void> {
  try {
    if (channel.state.seq === 0) await foundDirect(channel, caller);
    const stored = await findStored(channel, caller, send.clientMessageId, send.base);
    if (stored !== undefined) return answerStored(channel, ask, send, stored);
    if (lacksPredecessor(channel, caller, send)) await checkPredecessor(channel, caller, send);
    const { userId } = caller;
    const body = changesMessage(send)
      ? await changeSaid(channel, userId, send)
      : messageSaid(channel.state, userId, send.message ?? {});
    if (body === undefined) {
      channel.memory.cameToNothing(userId, send.clientMessageId, markOfSend(send));
      answerUnchanged(channel, ask, send);
    } else accept(channel, ask, caller, send, body);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    channel.host.refuse(ask, error);
  }
}

function accept(channel: Channel, ask: Ask, caller: Caller, send: v1.Send, body: EventBody): void {
  if (send.base > channel.state.seq)
    throw new ParleyError('invalid_argument', { sentence: 'base is ahead of the channel.' });
  if (channel.state.seq - send.base > LIMITS.dedupReachBackMax) throw new ParleyError('expired');
  const { userId, sessionId } = caller;
  channel.append({ userId, sessionId, clientMessageId: send.clientMessageId }, body, ask);
}

/** Settled, and nothing came of it: no event, no position. What made it needless may not be committed yet. */
function answerUnchanged(channel: Channel, ask: Ask, { clientMessageId }: v1.Send): void {
  channel.waitForNewest(ask);
  channel.whenCommitted(() => {
    channel.host.answer(ask, { type: 'sendAck', value: { channelId: channel.id, seq: 0, clientMessageId } });
  });
}

/** The first message between two people makes their channel. */
async function foundDirect(channel: Channel, caller: Caller): Promise<void> {
  const pair = directMembers(channel.id);
  if (pair === undefined) throw new ParleyError('channel_not_found');
  if (!pair.includes(caller.userId)) throw new ParleyError('not_a_member');
  const existing = await channel.host.people.existing(pair);
  if (existing.size < 2) throw new ParleyError('user_not_found');
  if (channel.state.seq > 0) return;
  const members = pair.map((userId) => ({ userId, role: v1.Role.MEMBER }));
  channel.append(
    { userId: caller.userId, sessionId: '', clientMessageId: '' },
    { created: { kind: v1.ChannelKind.DIRECT, members } },
  );
}

function answerStored(channel: Channel, ask: Ask, send: v1.Send, stored: v1.Event): void {
  checkSame(markOf(stored), send);
  const { channelId, seq, messageId, createdAt, clientMessageId } = stored;
  channel.host.answer(ask, { type: 'sendAck', value: { channelId, seq, messageId, createdAt, clientMessageId } });
}

/**
 * Looks for a send below what the memory holds. A send is only ever taken within dedupReachBackMax of its base, so
 * this far above the base is far enough, and `expired` is only said of what is not stored and never will be.
 */
function findStored(
  channel: Channel,
  caller: Caller,
  clientMessageId: string,
  base: number,
): Promise<v1.Event | undefined> {
  const end = Math.min(channel.memory.knownAbove, base + LIMITS.dedupReachBackMax + 1);
  return channel.storedSends.find(caller.userId, clientMessageId, base + 1, end + 1);
}

async function checkPredecessor(channel: Channel, caller: Caller, send: v1.Send): Promise<void> {
  const from = Math.max(1, Math.min(send.base, channel.memory.knownAbove) - AFTER_REACH_BACK);
  const found = await channel.storedSends.find(caller.userId, send.after, from, channel.memory.knownAbove + 1);
  if (found === undefined) throw new ParleyError('out_of_order');
}
