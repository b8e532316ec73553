/**
 * Which sends have a position: by (sender, client_message_id), everything above a position F. With the log below it, this
 * makes a send happen once however often it is attempted. Pure.
 */
import type { ChannelId, UserId } from '../../core/ids.js';
import { Long, type v1 } from '../../protocol/wire.js';

/** A thousand of them a channel outlive every young collection: numbers and the mark, nothing that points elsewhere. */
export interface KnownSend {
  readonly seq: number;
  /** What was said; undefined: it was erased since. */
  readonly mark: string | number | undefined;
  readonly messageIdLow: number;
  readonly messageIdHigh: number;
  readonly createdAtMs: number;
  committed: boolean;
}

/** The acknowledgement of a known send, as it was said first. */
export function ackOf(known: KnownSend, channelId: ChannelId, clientMessageId: string): v1.ISendAck {
  const { seq, messageIdLow, messageIdHigh, createdAtMs } = known;
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
  private readonly sends = new Map<string, KnownSend>();
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
    return this.sends.get(keyOf(sender, clientMessageId));
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
    const { seq, messageId, createdAt } = event;
    const send = {
      seq,
      mark,
      messageIdLow: messageId.low,
      messageIdHigh: messageId.high,
      createdAtMs: createdAt.toNumber(),
      committed,
    };
    this.sends.set(keyOf(event.from, event.clientMessageId), send);
    if (this.sends.size > this.entriesMax) this.forgetOldest();
    return send;
  }

  private forgetOldest(): void {
    for (const [key, known] of this.sends) {
      if (!known.committed || this.sends.size <= this.entriesMax * 0.75) return;
      this.sends.delete(key);
      this.floor = known.seq;
    }
  }
}
