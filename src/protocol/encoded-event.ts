import type { TraceContext } from '../core/trace.js';
import { v1 } from './wire.js';

/** How many of `events` have at most `bytesMax` bytes together, counted from the first; one at least, if there is one. */
export function countWithin(events: readonly EncodedEvent[], bytesMax: number): number {
  let bytes = 0;
  const end = events.findIndex((event, index) => {
    bytes += event.bytes.length;
    return index > 0 && bytes > bytesMax;
  });
  return end < 0 ? events.length : end;
}

/**
 * A channel event with its wire form. Encoded once by the channel's owner; from there on the same bytes go into the
 * log row, the bus, the inboxes and the sockets. Decoded and rendered as JSON at most once, and only where needed.
 */
export class EncodedEvent {
  readonly bytes: Uint8Array;
  /** Of a sampled event: the span that brought it here. Travels beside the bytes, never in them, and is kept nowhere. */
  readonly trace: TraceContext | undefined;
  private decoded: v1.Event | undefined;
  private json: string | undefined;
  /** How many of those to whom it was handed have not looked at it yet. */
  private readers = 0;

  private constructor(bytes: Uint8Array, decoded: v1.Event | undefined, trace: TraceContext | undefined) {
    this.bytes = bytes;
    this.trace = trace;
    this.decoded = decoded;
  }

  static of(event: v1.Event): EncodedEvent {
    return new EncodedEvent(v1.Event.encode(event).finish(), event, undefined);
  }

  /** `bytes` must not change afterwards. */
  static fromBytes(bytes: Uint8Array): EncodedEvent {
    return new EncodedEvent(bytes, undefined, undefined);
  }

  /** Not to be changed. */
  get value(): v1.Event {
    this.decoded ??= v1.Event.decode(this.bytes);
    return this.decoded;
  }

  /** So many will look at its value before long, and say so: the last of them drops it, for the bytes outlive it by far. */
  handTo(readers: number): void {
    this.readers += readers;
  }

  /** One of those to whom it was handed has looked at it. Who looks later decodes it once more. */
  looked(): void {
    this.readers--;
    if (this.readers > 0) return;
    this.decoded = undefined;
    this.json = undefined;
  }

  /** Whether it has its bytes alone. */
  get resting(): boolean {
    return this.decoded === undefined && this.json === undefined;
  }

  /** proto3 JSON. */
  get jsonText(): string {
    this.json ??= JSON.stringify(v1.Event.toObject(this.value, { longs: String, enums: String }));
    return this.json;
  }

  /** The same event on another way; undefined: on one that is not traced. */
  tracedBy(trace: TraceContext | undefined): EncodedEvent {
    return trace === this.trace ? this : new EncodedEvent(this.bytes, this.decoded, trace);
  }

  /** The same event for a reader who blocked its sender: position and ids, without the body. */
  hidden(): EncodedEvent {
    const { channelId, seq, messageId, createdAt, from } = this.value;
    return EncodedEvent.of(v1.Event.create({ channelId, seq, messageId, createdAt, from, hidden: true }));
  }
}
