import type { ClientClock } from './clock.js';
import { compareCursors } from './inbox.js';
import type { StoredCursor } from './storage.js';

const EVERY_MS = 1000;
const EVERY_ITEMS = 50;

/** Tells the server how far the inbox was handed on: cumulatively, every 50 entries or once a second, only when it moved. */
export class Acknowledger {
  private readonly clock: ClientClock;
  private readonly cursor: () => StoredCursor | undefined;
  private readonly transmit: (cursor: StoredCursor) => boolean;
  private told: StoredCursor | undefined;
  private items = 0;
  private armed = false;

  constructor(clock: ClientClock, cursor: () => StoredCursor | undefined, transmit: (cursor: StoredCursor) => boolean) {
    this.clock = clock;
    this.cursor = cursor;
    this.transmit = transmit;
  }

  /** `items` more have come, and perhaps been handed on. */
  handedOn(items: number): void {
    this.items += items;
    if (this.items >= EVERY_ITEMS) this.flush();
    else if (!this.armed) {
      this.armed = true;
      this.clock.after(EVERY_MS, () => {
        this.armed = false;
        this.flush();
      });
    }
  }

  /** The inbox begins anew, and the server knows of nothing. */
  startAnew(): void {
    this.told = undefined;
  }

  flush(): void {
    this.items = 0;
    const cursor = this.cursor();
    if (cursor === undefined || (this.told !== undefined && compareCursors(cursor, this.told) <= 0)) return;
    if (this.transmit(cursor)) this.told = cursor;
  }
}
