import type { Pending } from './pending.js';
import type { PendingMessage, Receipt } from './types.js';

const TRACKED_PER_CHANNEL_MAX = 100;

/** Moves sent messages on to delivered and read as others' cursors pass them; the newest of each channel only. */
export class ReceiptTracker {
  private readonly tracked = new Map<string, Pending[]>();
  private readonly changed: (message: PendingMessage) => void;

  constructor(changed: (message: PendingMessage) => void) {
    this.changed = changed;
  }

  track(message: Pending): void {
    const messages = this.tracked.get(message.channelId);
    if (messages === undefined) this.tracked.set(message.channelId, [message]);
    else if (messages.push(message) > TRACKED_PER_CHANNEL_MAX) messages.shift();
  }

  receive(channelId: string, items: readonly Receipt[], me: string): void {
    const messages = this.tracked.get(channelId);
    if (messages === undefined) return;
    let delivered = 0;
    let read = 0;
    for (const item of items) {
      if (item.userId === me) continue;
      delivered = Math.max(delivered, item.deliveredSeq);
      read = Math.max(read, item.readSeq);
    }
    const left = messages.filter((message) => this.advance(message, delivered, read));
    if (left.length === 0) this.tracked.delete(channelId);
    else this.tracked.set(channelId, left);
  }

  /** Whether there is more to come. */
  private advance(message: Pending, delivered: number, read: number): boolean {
    const seq = message.seq ?? Number.POSITIVE_INFINITY;
    const state = read >= seq ? 'read' : delivered >= seq && message.state === 'sent' ? 'delivered' : message.state;
    if (state !== message.state) {
      message.state = state;
      this.changed(message);
    }
    return state !== 'read';
  }
}
