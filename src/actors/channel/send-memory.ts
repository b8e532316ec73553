/**
 * Which sends have a position: by (sender, client_message_id), everything above a position F. With the log below it, this
 * makes a send happen once however often it is attempted. Pure.
 */
import type { ChannelId, UserId } from '../../core/ids.js';
import { Long, type v1 } from '../../protocol/wire.js';

/** A thousand of them a channel outlive every young collection: numbers, the mark and the key, nothing else. */
export interface KnownSend {
  readonly seq: number;
  readonly sender: UserId;
  readonly clientMessageId: string;
  /** What was said; undefined: it was erased since. */
  readonly mark: string | number | undefined;
  readonly messageIdLow: number;
  readonly messageIdHigh: number;
  readonly createdAtMs: number;
  committed: boolean;
}

/** The acknowledgement of a known send, as it was said first. */
export function ackOf(known: KnownSend, channelId: ChannelId): v1.ISendAck {
  const { seq, clientMessageId, messageIdLow, messageIdHigh, createdAtMs } = known;
  const messageId = new Long(messageIdLow, messageIdHigh, true);
  return { channelId, seq, messageId, createdAt: Long.fromNumber(createdAtMs, true), clientMessageId };
}

const keyOf = (sender: UserId, clientMessageId: string): string => `${sender}\0${clientMessageId}`;

/** Long texts are remembered by a 53-bit hash (cyrb53, public domain) and their length; only compared, never shown. */
export function textMark(text: string): string | number {
  if (text.length <= 32) return text;
  let a = 0xdeadbeef ^ text.length;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

export class SendMemory {
  /** By sender, then client_message_id: a key of both would be joined and hashed for each look. */
  private readonly sends = new Map<UserId, Map<string, KnownSend>>();
  /** In order of seq. */
  private readonly oldestFirst: KnownSend[] = [];
  /** Sends that came to nothing: what was said, by (sender, client_message_id). As long as the activation. */
  private readonly nothing = new Map<string, string | number | undefined>();
  private readonly entriesMax: number;
  private floor: number;

  /** `floor`: nothing is known of positions up to here. */
  constructor(floor: number, entriesMax: number) {
    this.floor = floor;
    this.entriesMax = entriesMax;
  }

  /** F: every send with a position above it is remembered. */
  get knownAbove(): number {
    return this.floor;
  }

  find(sender: UserId, clientMessageId: string): KnownSend | undefined {
    return this.sends.get(sender)?.get(clientMessageId);
  }

  /** A send came to nothing, and so do its late copies: what was so then may be otherwise when they come. */
  cameToNothing(sender: UserId, clientMessageId: string, mark: string | number | undefined): void {
    this.nothing.set(keyOf(sender, clientMessageId), mark);
    const [oldest] = this.nothing.keys();
    if (this.nothing.size > this.entriesMax && oldest !== undefined) this.nothing.delete(oldest);
  }

  /** Undefined where the send is not known to have come to nothing. */
  nothingOf(sender: UserId, clientMessageId: string): { readonly mark: string | number | undefined } | undefined {
    if (this.nothing.size === 0) return undefined;
    const key = keyOf(sender, clientMessageId);
    return this.nothing.has(key) ? { mark: this.nothing.get(key) } : undefined;
  }

  /** Remembers a send that holds a position; in order of seq. Events that nobody sent are nothing to remember. */
  remember(event: v1.Event, mark: string | number | undefined, committed: boolean): KnownSend | undefined {
    if (event.clientMessageId === '') return undefined;
    const { seq, from: sender, clientMessageId, messageId, createdAt } = event;
    const send: KnownSend = {
      seq,
      sender,
      clientMessageId,
      mark,
      messageIdLow: messageId.low,
      messageIdHigh: messageId.high,
      createdAtMs: createdAt.toNumber(),
      committed,
    };
    const ofSender = this.sends.get(sender);
    if (ofSender === undefined) this.sends.set(sender, new Map([[clientMessageId, send]]));
    else ofSender.set(clientMessageId, send);
    this.oldestFirst.push(send);
    if (this.oldestFirst.length > this.entriesMax) this.forgetOldest();
    return send;
  }

  private forgetOldest(): void {
    const { oldestFirst } = this;
    const end = oldestFirst.length - Math.floor(this.entriesMax * 0.75);
    let forgotten = 0;
    for (; forgotten < end && oldestFirst[forgotten]?.committed; forgotten++) this.forget(oldestFirst[forgotten]);
    oldestFirst.splice(0, forgotten);
  }

  private forget(known: KnownSend | undefined): void {
    if (known === undefined) return;
    const { seq, sender, clientMessageId } = known;
    const ofSender = this.sends.get(sender);
    if (ofSender?.get(clientMessageId) === known) ofSender.delete(clientMessageId);
    if (ofSender?.size === 0) this.sends.delete(sender);
    this.floor = seq;
  }
}
