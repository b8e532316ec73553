import type { Clock } from '../core/clock.js';
import type { ChannelId, UserId } from '../core/ids.js';

/** How long a confirmation is held back for others to join it, milliseconds. Nothing waits for confirmations. */
const HOLD_MS = 100;

/** How far a user's inbox holds a channel: one object a pair for as long as the user is in memory, since every message asks. */
export class Confirmation {
  readonly channelId: ChannelId;
  readonly userId: UserId;
  /** Only grows. */
  seq = 0;
  /** Whether the channel is still to be told. */
  waits = false;

  constructor(channelId: ChannelId, userId: UserId) {
    this.channelId = channelId;
    this.userId = userId;
  }
}

/** Holds confirmations back a little: they are cumulative, so a later one stands for those before it. */
export class Confirmations {
  private readonly clock: Clock;
  private readonly send: (confirmation: Confirmation) => void;
  private waiting: Confirmation[] = [];
  private scheduled = false;

  constructor(clock: Clock, send: (confirmation: Confirmation) => void) {
    this.clock = clock;
    this.send = send;
  }

  add(confirmation: Confirmation, seq: number): void {
    confirmation.seq = Math.max(confirmation.seq, seq);
    if (confirmation.waits) return;
    confirmation.waits = true;
    this.waiting.push(confirmation);
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.after(HOLD_MS, () => this.flush());
  }

  flush(): void {
    this.scheduled = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const confirmation of waiting) {
      confirmation.waits = false;
      this.send(confirmation);
    }
  }
}
