/** What a device knows of its channels, and what it says there: messages, answers, edits, deletions, reactions. */
import { eventOf } from '../../client/from-wire.js';
import { type MessagePicture, pictureOf } from '../../client/index.js';
import type { v1 } from '../../src/protocol/wire.js';
import type { Faults } from './faults.js';

const EMOJIS = ['👍', '🎉'];

/** The messages as they are to be shown after all of these events, ascending by seq. */
export function pictureOfEvents(events: readonly v1.IEvent[]): readonly MessagePicture[] {
  return [...pictureOf(events.map(eventOf)).values()];
}

export class Sayings {
  private readonly userId: string;
  private readonly faults: Faults;
  private readonly channels = new Map<string, Map<number, v1.IEvent>>();

  constructor(userId: string, faults: Faults) {
    this.userId = userId;
    this.faults = faults;
  }

  /** What the device was given, each position once. */
  take(event: v1.IEvent): void {
    const channelId = event.channelId ?? '';
    const events = this.channels.get(channelId) ?? new Map<number, v1.IEvent>();
    this.channels.set(channelId, events);
    if (!events.has(event.seq ?? 0)) events.set(event.seq ?? 0, event);
  }

  /** What the device said and had the acknowledgement of: its own session gets no copy. */
  said({ message = null, edit = null, erase = null, react = null }: v1.ISend, ack: v1.ISendAck): void {
    const { channelId = '', seq = 0, messageId = null, createdAt = null, clientMessageId = '' } = ack;
    const place = { channelId, seq, messageId, createdAt, clientMessageId, from: this.userId };
    this.take({ ...place, message, edited: edit, erased: erase, reacted: react });
  }

  /** Something about a message that is there, or a new one. */
  next(channelId: string, text: string): v1.ISend {
    const picture = this.picture(channelId).filter((message) => message.text !== undefined);
    const any = picture[this.faults.below(picture.length)];
    const own = picture.filter(({ from }) => from === this.userId);
    const mine = own[this.faults.below(own.length)];
    const dice = this.faults.below(100);
    if (dice < 15 && mine !== undefined) return { edit: { seq: mine.seq, message: { text: `${text} edited` } } };
    if (dice < 22 && mine !== undefined) return { erase: { seq: mine.seq } };
    if (dice < 45 && any !== undefined) {
      const emoji = EMOJIS[this.faults.below(EMOJIS.length)] ?? '';
      return { react: { seq: any.seq, emoji, removed: this.faults.below(3) === 0 } };
    }
    return { message: { text, replyTo: dice % 3 === 0 ? (any?.seq ?? 0) : 0 } };
  }

  /** The messages of the channel as this device shows them. */
  picture(channelId: string): readonly MessagePicture[] {
    const events = [...(this.channels.get(channelId)?.values() ?? [])];
    return pictureOfEvents(events.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)));
  }
}
