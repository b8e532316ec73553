/**
 * Which sends have a position: by (sender, client_message_id), everything above a position F. With the log below it, this
 * makes a send happen once however often it is attempted. Pure.
 */
import type { ChannelId, UserId } from '../../core/ids.js';
import type { MessageId } from '../../core/message-id.js';
import { Long, type v1 } from '../../protocol/wire.js';

/** A send that has a position. */
export interface KnownSend {
  readonly seq: number;
  /** What was said; undefined: it was erased since. */
  readonly mark: number | undefined;
  readonly messageId: MessageId;
  readonly createdAtMs: number;
}

/** The acknowledgement of a known send, as it was said first. */
export function ackOf(known: KnownSend, channelId: ChannelId, clientMessageId: string): v1.ISendAck {
  const { seq, messageId, createdAtMs } = known;
  return { channelId, seq, messageId, createdAt: Long.fromNumber(createdAtMs, true), clientMessageId };
}

const keyOf = (sender: UserId, clientMessageId: string): string => `${sender}\0${clientMessageId}`;

/** A text as a 53-bit hash (cyrb53, public domain); only compared, never shown. */
export function textMark(text: string): number {
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

/** What is kept of a position, as numbers in one array: mark (NaN: none), time, and the halves of the message id. */
const MARK = 0;
const CREATED_AT = 1;
const ID_LOW = 2;
const ID_HIGH = 3;
const NUMBERS = 4;

/**
 * A thousand sends of each busy channel outlive every young collection: of each there is its id, which the map holds, and
 * numbers in an array that no collector walks through.
 */
export class SendMemory {
  /** Positions by sender, then client_message_id (a key of both would be joined and hashed for each look); each sender's in order. */
  private readonly seqs = new Map<UserId, Map<string, number>>();
  /** Of the positions above the floor, each at its seq modulo the number of places. */
  private numbers = new Float64Array(0);
  /** Sends that came to nothing: what was said, by (sender, client_message_id). As long as the activation. */
  private readonly nothing = new Map<string, number | undefined>();
  private readonly positionsMax: number;
  private floor: number;

  /** `floor`: nothing is known of positions up to here. `positionsMax`: how many below the newest are remembered, at most. */
  constructor(floor: number, positionsMax: number) {
    this.floor = floor;
    this.positionsMax = positionsMax;
  }

  /** F: every send with a position above it is remembered. */
  get knownAbove(): number {
    return this.floor;
  }

  has(sender: UserId, clientMessageId: string): boolean {
    return this.seqs.get(sender)?.has(clientMessageId) ?? false;
  }

  find(sender: UserId, clientMessageId: string): KnownSend | undefined {
    const seq = this.seqs.get(sender)?.get(clientMessageId);
    if (seq === undefined) return undefined;
    const { numbers } = this;
    const at = this.placeOf(seq);
    const mark = numbers[at + MARK] ?? Number.NaN;
    return {
      seq,
      mark: Number.isNaN(mark) ? undefined : mark,
      messageId: new Long(numbers[at + ID_LOW] ?? 0, numbers[at + ID_HIGH] ?? 0, true),
      createdAtMs: numbers[at + CREATED_AT] ?? 0,
    };
  }

  /** A send came to nothing, and so do its late copies: what was so then may be otherwise when they come. */
  cameToNothing(sender: UserId, clientMessageId: string, mark: number | undefined): void {
    this.nothing.set(keyOf(sender, clientMessageId), mark);
    const [oldest] = this.nothing.keys();
    if (this.nothing.size > this.positionsMax && oldest !== undefined) this.nothing.delete(oldest);
  }

  /** Undefined where the send is not known to have come to nothing. */
  nothingOf(sender: UserId, clientMessageId: string): { readonly mark: number | undefined } | undefined {
    if (this.nothing.size === 0) return undefined;
    const key = keyOf(sender, clientMessageId);
    return this.nothing.has(key) ? { mark: this.nothing.get(key) } : undefined;
  }

  /**
   * Remembers the send that an event came of; in order of seq, each. Events that nobody sent are nothing to remember. What is
   * above `committedHead` is not forgotten.
   */
  remember(event: v1.Event, mark: number | undefined, committedHead: number): void {
    const { seq, from: sender, clientMessageId, messageId, createdAt } = event;
    if (seq - this.floor > this.positionsMax)
      this.forget(Math.min(committedHead, seq - Math.floor(this.positionsMax * 0.75)));
    this.makeRoom(seq - this.floor);
    if (clientMessageId === '') return;
    const ofSender = this.seqs.get(sender);
    if (ofSender === undefined) this.seqs.set(sender, new Map([[clientMessageId, seq]]));
    else setLast(ofSender, clientMessageId, seq);
    const at = this.placeOf(seq);
    this.numbers[at + MARK] = mark ?? Number.NaN;
    this.numbers[at + CREATED_AT] = createdAt.toNumber();
    this.numbers[at + ID_LOW] = messageId.low;
    this.numbers[at + ID_HIGH] = messageId.high;
  }

  private get places(): number {
    return this.numbers.length / NUMBERS;
  }

  private placeOf(seq: number): number {
    return (seq % this.places) * NUMBERS;
  }

  private makeRoom(positions: number): void {
    const { places, numbers } = this;
    if (positions <= places) return;
    let wanted = Math.max(places, PLACES_MIN);
    while (wanted < positions) wanted *= 2;
    this.numbers = new Float64Array(wanted * NUMBERS);
    for (let seq = this.floor + 1; seq < this.floor + positions; seq++) {
      const from = (seq % places) * NUMBERS;
      this.numbers.set(numbers.subarray(from, from + NUMBERS), this.placeOf(seq));
    }
  }

  private forget(upTo: number): void {
    if (upTo <= this.floor) return;
    for (const [sender, ofSender] of this.seqs) {
      for (const [clientMessageId, seq] of ofSender) {
        if (seq > upTo) break;
        ofSender.delete(clientMessageId);
      }
      if (ofSender.size === 0) this.seqs.delete(sender);
    }
    this.floor = upTo;
  }
}

const PLACES_MIN = 8;

/** As `map.set`, and the key is the newest of all, though it may have been there. */
function setLast<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  const { size } = map;
  map.set(key, value);
  if (map.size > size) return;
  map.delete(key);
  map.set(key, value);
}
