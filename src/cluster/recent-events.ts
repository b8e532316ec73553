import type { EncodedEvent } from '../protocol/encoded-event.js';

/** The memory all rings of a node share: the least recently used ring is emptied first. */
export class RecentBudget {
  private readonly bytesMax: number;
  private readonly rings = new Set<RecentEvents>();
  private bytes = 0;
  hits = 0;
  misses = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get bytesUsed(): number {
    return this.bytes;
  }

  /** A ring's use: it becomes the most recent one, and others make room. */
  touch(ring: RecentEvents, addedBytes: number): void {
    this.bytes += addedBytes;
    this.rings.delete(ring);
    this.rings.add(ring);
    for (const oldest of this.rings) {
      if (this.bytes <= this.bytesMax || oldest === ring) break;
      oldest.clear();
    }
  }

  release(ring: RecentEvents, bytes: number): void {
    this.bytes -= bytes;
    if (ring.size === 0) this.rings.delete(ring);
  }
}

/** The newest events of one channel, dense by seq, bounded by count and bytes. */
export class RecentEvents {
  private readonly budget: RecentBudget;
  private readonly eventsMax: number;
  private readonly bytesMax: number;
  private events: EncodedEvent[] = [];
  private firstSeq = 1;
  private bytes = 0;

  constructor(budget: RecentBudget, eventsMax: number, bytesMax: number) {
    this.budget = budget;
    this.eventsMax = eventsMax;
    this.bytesMax = bytesMax;
  }

  get size(): number {
    return this.events.length;
  }

  /** Adds the event at `seq`; a gap to what is held empties the ring first. */
  push(seq: number, event: EncodedEvent): void {
    if (seq !== this.firstSeq + this.events.length) this.clear();
    if (this.events.length === 0) this.firstSeq = seq;
    this.events.push(event);
    this.bytes += event.bytes.length;
    this.budget.touch(this, event.bytes.length);
    // Dropping a quarter at once keeps the shift cheap.
    if (this.events.length > this.eventsMax * 1.25) this.drop(this.events.length - this.eventsMax);
    while (this.bytes > this.bytesMax && this.events.length > 1) this.drop(Math.ceil(this.events.length / 4));
  }

  /** Events with from ≤ seq < to if all of them are here; counts a hit or a miss. */
  slice(from: number, to: number): readonly EncodedEvent[] | undefined {
    if (from >= to) return [];
    if (from < this.firstSeq || to > this.firstSeq + this.events.length) {
      this.budget.misses++;
      return undefined;
    }
    this.budget.hits++;
    this.budget.touch(this, 0);
    return this.events.slice(from - this.firstSeq, to - this.firstSeq);
  }

  /** Puts another form in the place of the event at `seq`, if that is here. */
  replace(seq: number, formOf: (event: EncodedEvent) => EncodedEvent): void {
    const held = this.events[seq - this.firstSeq];
    if (held === undefined) return;
    const event = formOf(held);
    this.events[seq - this.firstSeq] = event;
    const freed = held.bytes.length - event.bytes.length;
    this.bytes -= freed;
    this.budget.release(this, freed);
  }

  clear(): void {
    const { bytes } = this;
    this.events = [];
    this.bytes = 0;
    this.budget.release(this, bytes);
  }

  private drop(count: number): void {
    let freed = 0;
    for (const event of this.events.splice(0, count)) freed += event.bytes.length;
    this.firstSeq += count;
    this.bytes -= freed;
    this.budget.release(this, freed);
  }
}
