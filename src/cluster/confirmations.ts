import type { Clock } from '../core/clock.js';
import type { ChannelId, UserId } from '../core/ids.js';

/** How long a confirmation is held back for others to join it, milliseconds. Nothing waits for confirmations. */
const HOLD_MS = 100;

/** Holds confirmations back a little: they are cumulative, so a later one stands for those before it. */
export class Confirmations {
  private readonly clock: Clock;
  private readonly send: (channelId: ChannelId, userId: UserId, seq: number) => void;
  private waiting = new Map<string, { channelId: ChannelId; userId: UserId; seq: number }>();
  private scheduled = false;

  constructor(clock: Clock, send: (channelId: ChannelId, userId: UserId, seq: number) => void) {
    this.clock = clock;
    this.send = send;
  }

  add(channelId: ChannelId, userId: UserId, seq: number): void {
    const key = `${channelId}\0${userId}`;
    const known = this.waiting.get(key);
    if (known !== undefined) known.seq = Math.max(known.seq, seq);
    else this.waiting.set(key, { channelId, userId, seq });
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.after(HOLD_MS, () => this.flush());
  }

  flush(): void {
    this.scheduled = false;
    const waiting = this.waiting;
    this.waiting = new Map();
    for (const { channelId, userId, seq } of waiting.values()) this.send(channelId, userId, seq);
  }
}
