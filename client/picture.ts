/**
 * From a channel's events to the messages as they are to be shown: edited, deleted, with their reactions. Pure, and the
 * same for whoever was there, came back, or reads the log from somewhere: an event that is read again tells up to where
 * later events are in it (`form.asOf`), and those are not applied twice.
 */
import type { ChannelEvent, Mention, Reaction } from './types.js';

export interface MessagePicture {
  readonly seq: number;
  readonly from: string;
  /** Undefined: deleted. */
  readonly text: string | undefined;
  readonly replyTo: number | undefined;
  readonly mentions: readonly Mention[];
  readonly editedAt: Date | undefined;
  /** In the order in which each emoji came first. */
  readonly reactions: readonly Reaction[];
}

interface Shown {
  readonly picture: MessagePicture;
  readonly asOf: number;
}

type MessageEvent = ChannelEvent & { readonly type: 'message' };
type ChangeEvent = ChannelEvent & { readonly type: 'edited' | 'erased' | 'reacted' };

function said(event: MessageEvent): Shown {
  const { seq, from, text, replyTo, mentions = [], form } = event;
  const picture = { seq, from, text, replyTo, mentions, editedAt: form?.editedAt, reactions: form?.reactions ?? [] };
  return { picture, asOf: form?.asOf ?? seq };
}

function deleted(seq: number, from: string): MessagePicture {
  return { seq, from, text: undefined, replyTo: undefined, mentions: [], editedAt: undefined, reactions: [] };
}

function reacted(reactions: readonly Reaction[], userId: string, emoji: string, removed: boolean): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  const others = (known?.userIds ?? []).filter((other) => other !== userId);
  const next = { emoji, userIds: removed ? others : [...others, userId] };
  const all = known === undefined ? [...reactions, next] : reactions.map((one) => (one === known ? next : one));
  return all.filter(({ userIds }) => userIds.length > 0);
}

function changed(picture: MessagePicture, event: ChangeEvent): MessagePicture {
  switch (event.type) {
    case 'edited':
      return { ...picture, text: event.text, mentions: event.mentions ?? [], editedAt: event.createdAt };
    case 'erased':
      return deleted(picture.seq, picture.from);
    case 'reacted':
      return { ...picture, reactions: reacted(picture.reactions, event.from, event.emoji, event.removed) };
  }
}

function change(shown: Map<number, Shown>, event: ChangeEvent): void {
  const before = shown.get(event.target);
  if (before === undefined || before.picture.text === undefined || event.seq <= before.asOf) return;
  shown.set(event.target, { picture: changed(before.picture, event), asOf: event.seq });
}

/** The messages among `events` (ascending by seq) as they are after all of these, by seq. Hidden ones are not there. */
export function pictureOf(events: Iterable<ChannelEvent>): ReadonlyMap<number, MessagePicture> {
  const shown = new Map<number, Shown>();
  for (const event of events) {
    if (event.type === 'message') shown.set(event.seq, said(event));
    else if (event.type === 'withheld' && event.reason === 'deleted')
      shown.set(event.seq, { picture: deleted(event.seq, event.from), asOf: event.seq });
    else if (event.type === 'edited' || event.type === 'erased' || event.type === 'reacted') change(shown, event);
  }
  return new Map([...shown].map(([seq, { picture }]) => [seq, picture]));
}

/** Of two copies of one event, the one that knows more of what became of it. */
export function newerOf(one: ChannelEvent, other: ChannelEvent): ChannelEvent {
  if (one.type === 'withheld' || other.type === 'withheld') return one.type === 'withheld' ? one : other;
  const asOf = (event: ChannelEvent): number => (event.type === 'message' ? (event.form?.asOf ?? 0) : 0);
  return asOf(one) > asOf(other) ? one : other;
}
