/** The list of conversations: what the server listed, kept up to date by the events that follow. Pure. */
import type { ChannelEvent, ChannelKind, ChannelSummary } from '../../client/index.js';

export interface Conversation {
  readonly channelId: string;
  readonly kind: ChannelKind;
  /** Empty in a direct chat. */
  readonly name: string;
  readonly head: number;
  readonly readSeq: number;
  readonly unread: number;
  /** One's own newest message, on whatever device, that came since the page runs; 0: none. It leaves nothing unread above it. */
  readonly wroteSeq: number;
  /** The newest event worth a line. */
  readonly last: ChannelEvent | undefined;
  readonly activeAt: Date;
}

export type Conversations = ReadonlyMap<string, Conversation>;

/** The other person of a direct channel; undefined for any other channel. */
export function peerOf(channelId: string, me: string): string | undefined {
  const [one, other] = channelId.split('~');
  if (other === undefined) return undefined;
  return one === me ? other : one;
}

/**
 * The server's list replaces ours, but where events have already taken a conversation further; `since` names those
 * that had events since the list was asked for, which it may not know.
 */
export function listed(
  have: Conversations,
  summaries: readonly ChannelSummary[],
  since: ReadonlySet<string>,
): Conversations {
  const rows = summaries.map(({ lastMessage, tier: _, ...summary }): Conversation => {
    const known = have.get(summary.channelId);
    if (known !== undefined && known.head > summary.head) return known;
    return { ...summary, wroteSeq: known?.wroteSeq ?? 0, last: lastMessage };
  });
  const newer = [...have.values()].filter((conversation) => since.has(conversation.channelId));
  return new Map([...newer, ...rows].map((row) => [row.channelId, row]));
}

/** The conversation after one of its events; undefined: this user is no longer in it. */
export function afterEvent(
  have: Conversation | undefined,
  event: ChannelEvent,
  unread: number | undefined,
  me: string,
): Conversation | undefined {
  if (event.type === 'left' && event.userId === me) return undefined;
  const before = have ?? newConversation(event);
  if (event.seq <= before.head && have !== undefined) return have;
  const own = event.from === me;
  const counted = before.unread + (event.type === 'message' && !own ? 1 : 0);
  const changes = event.type === 'edited' || event.type === 'erased' || event.type === 'reacted';
  const shown = !changes && event.type !== 'tierChanged' && !(event.type === 'withheld' && event.reason === 'hidden');
  return {
    ...before,
    ...(event.type === 'renamed' || event.type === 'created' ? { name: event.name } : {}),
    head: event.seq,
    unread: unread ?? (own ? before.unread : counted),
    wroteSeq: own && event.type === 'message' ? event.seq : before.wroteSeq,
    ...(shown ? { last: event, activeAt: event.createdAt } : {}),
    ...(changes && before.last !== undefined ? { last: changedLast(before.last, event) } : {}),
  };
}

/** What a list shows of the newest message follows its edits and its deletion. */
function changedLast(last: ChannelEvent, event: ChannelEvent): ChannelEvent {
  if (last.type !== 'message' || !('target' in event) || event.target !== last.seq) return last;
  if (event.type === 'edited') return { ...last, text: event.text };
  return event.type === 'erased' ? { ...last, type: 'withheld', reason: 'deleted' } : last;
}

function newConversation(event: ChannelEvent): Conversation {
  const named = event.type === 'created' || event.type === 'joined' ? event : undefined;
  return {
    channelId: event.channelId,
    kind: named?.kind ?? (event.channelId.includes('~') ? 'direct' : 'group'),
    name: named?.name ?? '',
    head: 0,
    readSeq: 0,
    unread: 0,
    wroteSeq: 0,
    last: undefined,
    activeAt: event.createdAt,
  };
}

/** Read cursors only grow: an older update changes nothing. */
export function afterRead(have: Conversation, seq: number, unread: number): Conversation {
  return seq < have.readSeq ? have : { ...have, readSeq: seq, unread };
}

/** Beyond which seq the messages of others are new to whoever opens it; infinite where none is. */
export function freshAbove(conversation: Conversation | undefined): number {
  if (conversation === undefined || conversation.unread === 0) return Number.POSITIVE_INFINITY;
  return Math.max(conversation.readSeq, conversation.wroteSeq);
}

/** Newest first; of two of the same time the one with the smaller id first, so that the order is stable. */
export function newestFirst(conversations: Conversations): readonly Conversation[] {
  return [...conversations.values()].sort(
    (one, other) => other.activeAt.getTime() - one.activeAt.getTime() || (one.channelId < other.channelId ? -1 : 1),
  );
}

/** In all but those that `without` names. */
export function unreadInAll(conversations: Conversations, without = (_channelId: string): boolean => false): number {
  let sum = 0;
  for (const { channelId, unread } of conversations.values()) if (!without(channelId)) sum += unread;
  return sum;
}
