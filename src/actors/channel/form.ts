/** What became of one message after it was said: edits, reactions, its deletion. Pure. */
import type { UserId } from '../../core/ids.js';
import { erasedEvent } from '../../protocol/erased-event.js';
import { stored } from '../../protocol/stored.js';
import { Long, v1 } from '../../protocol/wire.js';

export interface Reaction {
  readonly userId: UserId;
  /** Of the event that said so; 0: not known. */
  readonly seq: number;
}

export interface Form {
  /** The newest event that is in it; 0: none. */
  readonly asOf: number;
  /** Of the newest edit; 0: none. */
  readonly editedSeq: number;
  readonly editedAtMs: number;
  readonly message: v1.IMessageBody | undefined;
  /** The seqs of all edits: their texts go with the message's. */
  readonly edits: readonly number[];
  readonly erased: boolean;
  /** Emoji → who, both in the order in which they came. */
  readonly reactions: ReadonlyMap<string, readonly Reaction[]>;
}

export const UNCHANGED: Form = {
  asOf: 0,
  editedSeq: 0,
  editedAtMs: 0,
  message: undefined,
  edits: [],
  erased: false,
  reactions: new Map(),
};

/** The message that an event changes; undefined: it changes none. */
export function targetOf(event: v1.IEvent): number | undefined {
  return (event.edited ?? event.erased ?? event.reacted)?.seq ?? undefined;
}

function react(form: Form, { from: userId, seq }: v1.Event, { emoji, removed }: v1.IMessageReacted): Form {
  const reactions = new Map(form.reactions);
  const name = emoji ?? '';
  const others = (reactions.get(name) ?? []).filter((other) => other.userId !== userId);
  const left = removed ? others : [...others, { userId, seq }];
  if (left.length > 0) reactions.set(name, left);
  else reactions.delete(name);
  return { ...form, reactions };
}

function edit(form: Form, event: v1.Event, { message }: v1.IMessageEdited): Form {
  const edits = form.edits.includes(event.seq) ? form.edits : [...form.edits, event.seq];
  if (form.erased || event.seq < form.editedSeq) return { ...form, edits };
  const editedAtMs = event.createdAt.toNumber();
  return { ...form, edits, message: message ?? {}, editedSeq: event.seq, editedAtMs };
}

/** Applies an event of the channel, unless it is in the form already. */
export function applyToForm(form: Form, event: v1.Event): Form {
  return event.seq <= form.asOf ? form : { ...changed(form, event), asOf: event.seq };
}

function changed(form: Form, event: v1.Event): Form {
  if (event.erased) return { ...UNCHANGED, edits: form.edits, erased: true };
  if (event.edited) return edit(form, event, event.edited);
  if (event.reacted && !form.erased) return react(form, event, event.reacted);
  return form;
}

/** Whether the text that stood at `seq`, the message's own or an edit's, is not the message's any more. */
export const isTakenBack = (form: Form, seq: number): boolean => form.erased || seq < form.editedSeq;

/** Where texts of the message at `target` stand that were taken back between `before` and `form`. */
export function takenBackSince(before: Form, form: Form, target: number): readonly number[] {
  const texts = [target, ...form.edits];
  return texts.filter((seq) => isTakenBack(form, seq) && (form.erased || !isTakenBack(before, seq)));
}

export function encodeForm(form: Form): Uint8Array {
  return stored.StoredForm.encode({
    asOf: form.asOf,
    editedSeq: form.editedSeq,
    editedAt: Long.fromNumber(form.editedAtMs, true),
    message: form.message === undefined ? new Uint8Array(0) : v1.MessageBody.encode(form.message).finish(),
    erased: form.erased,
    edits: [...form.edits],
    reactions: [...form.reactions].map(([emoji, reactions]) => ({
      emoji,
      userIds: reactions.map(({ userId }) => userId),
      seqs: reactions.map(({ seq }) => seq),
    })),
  }).finish();
}

export function decodeForm(value: Uint8Array): Form {
  const { asOf, editedSeq, editedAt, message, erased, reactions, edits } = stored.StoredForm.decode(value);
  return {
    asOf,
    editedSeq,
    editedAtMs: editedAt.toNumber(),
    message: editedSeq === 0 ? undefined : v1.MessageBody.decode(message),
    edits,
    erased,
    reactions: new Map(reactions.map((reaction) => [reaction.emoji ?? '', decodeReactions(reaction)])),
  };
}

function decodeReactions({ userIds, seqs }: stored.IStoredReaction): readonly Reaction[] {
  return (userIds ?? []).map((userId, index) => ({ userId, seq: seqs?.[index] ?? 0 }));
}

/** The form without the edit and the reactions of events that are hidden. */
export function withoutHidden(form: Form, isHidden: (seq: number) => boolean): Form {
  const reactions = new Map<string, readonly Reaction[]>();
  for (const [emoji, all] of form.reactions) {
    const seen = all.filter(({ seq }) => !isHidden(seq));
    if (seen.length > 0) reactions.set(emoji, seen);
  }
  const edited = isHidden(form.editedSeq) ? { message: undefined, editedSeq: 0, editedAtMs: 0 } : {};
  return { ...form, ...edited, reactions };
}

function wireForm(form: Form): v1.IMessageForm {
  return {
    asOf: form.asOf,
    editedSeq: form.editedSeq,
    editedAt: Long.fromNumber(form.editedAtMs, true),
    reactions: [...form.reactions].map(([emoji, reactions]) => ({
      emoji,
      count: reactions.length,
      userIds: reactions.map(({ userId }) => userId),
    })),
  };
}

/** The message as it is now. */
export function inForm(event: v1.Event, form: Form): v1.Event {
  if (form.erased) return erasedEvent(event).value;
  // An edit gives it another text: what it answers stays.
  const edited = form.message && { ...form.message, replyTo: event.message?.replyTo ?? 0 };
  return v1.Event.create({ ...event, message: edited ?? event.message ?? null, form: wireForm(form) });
}
