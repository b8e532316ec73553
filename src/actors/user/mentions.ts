/**
 * A user's feed of mentions: the newest messages that name them, as the inbox brought them. A view of the inbox: to apply
 * entries once more leads to the same feed, so it may be kept a little newer than the checkpoint. What is read is what the
 * channels' read cursors have passed.
 */
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { mentionsUser } from '../../protocol/mentions.js';
import { previewOf } from '../../protocol/preview.js';
import { stored } from '../../protocol/stored.js';
import { v1 } from '../../protocol/wire.js';
import type { UserChannels } from './state.js';

/** Sorts after the read cursors, with which it is read. */
export const MENTIONS_KEY = 'recent/mentions';
const PAGE_DEFAULT = 20;
/** UTF-16 units of a text that the feed shows. */
const PREVIEW_UNITS = 200;

/** Whether a feed may be another after this entry of the inbox of `userId`. */
export function changesMentions(event: v1.Event, userId: UserId): boolean {
  return event.body === 'edited' || event.body === 'erased' || mentionsUser(event, userId);
}

/** The event with the beginning of its text. */
function preview(event: v1.Event, body: v1.IMessageBody): EncodedEvent {
  const text = body.text ?? '';
  const cut = previewOf(text, PREVIEW_UNITS);
  const mentions = (body.mentions ?? []).filter(({ start, length }) => (start ?? 0) + (length ?? 0) <= cut.length);
  return EncodedEvent.of(v1.Event.create({ ...event, message: { ...body, text: cut, mentions } }));
}

export class Mentions {
  /** Ascending by message id. */
  private items: EncodedEvent[];
  /** Whether it differs from what is kept. */
  dirty = false;

  constructor(value: Uint8Array | undefined) {
    this.items = value === undefined ? [] : stored.Mentions.decode(value).events.map(EncodedEvent.fromBytes);
  }

  encode(): Uint8Array {
    return stored.Mentions.encode({ events: this.items.map(({ bytes }) => bytes) }).finish();
  }

  /** Takes an entry of the inbox of `userId`. */
  apply(event: v1.Event, userId: UserId): void {
    if (event.edited) this.replace(event, userId);
    else if (event.erased) this.remove(event.channelId, event.erased.seq ?? 0);
    else if (mentionsUser(event, userId)) this.add(event);
  }

  private add(event: v1.Event): void {
    const others = this.items.filter(({ value }) => !value.messageId.equals(event.messageId));
    const items = [...others, preview(event, event.message ?? {})];
    this.items = items.sort((a, b) => a.value.messageId.compare(b.value.messageId)).slice(-LIMITS.mentionsKeptMax);
    this.dirty = true;
  }

  private replace({ channelId, edited }: v1.Event, userId: UserId): void {
    const { seq, message } = edited ?? {};
    if (!message) return;
    this.items = this.items.flatMap((item) => {
      if (item.value.channelId !== channelId || item.value.seq !== seq) return [item];
      this.dirty = true;
      return mentionsUser({ from: item.value.from, message }, userId) ? [preview(item.value, message)] : [];
    });
  }

  /** The message was deleted. */
  remove(channelId: string, seq: number): void {
    const left = this.items.filter(({ value }) => value.channelId !== channelId || value.seq !== seq);
    if (left.length < this.items.length) this.dirty = true;
    this.items = left;
  }

  /** A page, newest first, of the channels that the user is in. */
  page(channels: UserChannels, { before, limit }: v1.ListMentions): v1.IMentionList {
    const items = this.items.toReversed().flatMap(({ value }) => {
      const channel = channels.get(value.channelId);
      return channel === undefined || channel.left ? [] : [{ event: value, read: value.seq <= channel.readSeq }];
    });
    const rest = before.isZero() ? items : items.filter(({ event }) => event.messageId.lessThan(before));
    const most = limit || PAGE_DEFAULT;
    return {
      items: rest.slice(0, most),
      more: rest.length > most,
      unread: items.filter(({ read }) => !read).length,
    };
  }
}
