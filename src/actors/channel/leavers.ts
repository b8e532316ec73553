/** Who left a channel, by its log: looked for as far as somebody wants to know, and remembered as long as the channel is active. */
import type { UserId } from '../../core/ids.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';

const PAGE_EVENTS = 500;

interface Log {
  /** Committed events with from ≤ seq < to. */
  events(from: number, to: number): Promise<readonly EncodedEvent[]>;
}

export class Leavers {
  private readonly log: Log;
  private readonly left: { readonly userId: UserId; readonly seq: number }[] = [];
  /** What was looked over: from ≤ seq < to. */
  private from = 0;
  private to = 0;

  constructor(log: Log) {
    this.log = log;
  }

  /** Those who left with from ≤ seq < to. One call at a time. Rejects as the log does. */
  async between(from: number, to: number): Promise<ReadonlySet<UserId>> {
    if (this.to === 0) [this.from, this.to] = [from, from];
    while (this.to < to) await this.lookOver(this.to, Math.min(to, this.to + PAGE_EVENTS));
    while (this.from > from) await this.lookOver(Math.max(from, this.from - PAGE_EVENTS), this.from);
    return new Set(this.left.flatMap(({ userId, seq }) => (seq >= from && seq < to ? [userId] : [])));
  }

  /** Beside what was looked over before. */
  private async lookOver(from: number, to: number): Promise<void> {
    for (const { value } of await this.log.events(from, to))
      if (value.left?.userId) this.left.push({ userId: value.left.userId, seq: value.seq });
    this.from = Math.min(this.from, from);
    this.to = Math.max(this.to, to);
  }
}
