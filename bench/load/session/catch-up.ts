import type { Long, v1 } from '../../../src/protocol/wire.js';
import type { Conversation } from './conversation.js';
import { numberOf } from './message-body.js';
import type { LoadObserver } from './session.js';

export interface CatchUpPorts {
  readonly user: number;
  /** It is handed each event once and in order, as by an application's client; else all that comes, as it comes. */
  readonly steady: boolean;
  readonly observer: Pick<LoadObserver, 'delivered'>;
  /** A page of the channel's history; rejects when it is not to be had now. */
  readonly readHistory: (channelId: string, afterSeq: number) => Promise<v1.IHistoryPage | null | undefined>;
}

/** Hands on the events of one device's channels. What is missing of a channel that travels by fan-out is read from history first. */
export class CatchUp {
  private readonly ports: CatchUpPorts;

  constructor(ports: CatchUpPorts) {
    this.ports = ports;
  }

  /** An event came; called while the socket is read. */
  give(to: Conversation, messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    const { steady, observer, user } = this.ports;
    if (seq > to.head) to.head = seq;
    if (seq <= to.given && steady) return;
    if (to.byFanout && to.given > 0 && seq > to.given + 1 && steady) {
      if (seq > to.gapTo) to.gapTo = seq;
      this.start(to);
      return;
    }
    if (seq > to.given) to.given = seq;
    observer.delivered(user, messageNumber, to.place, seq, idHigh, idLow);
  }

  /** Reads what the channel has beyond what was given, up to its head. */
  start(to: Conversation): void {
    if (to.catchingUp || !this.ports.steady) return;
    to.catchingUp = true;
    this.readOn(to).then(
      () => {
        to.catchingUp = false;
        if (to.gapTo > to.given) this.start(to);
      },
      // The next head or connection tells of the gap again.
      () => {
        to.catchingUp = false;
      },
    );
  }

  private async readOn(to: Conversation): Promise<void> {
    for (let head = Number.POSITIVE_INFINITY; to.given < head; ) {
      const history = await this.ports.readHistory(to.channelId, to.given);
      head = history?.head ?? 0;
      const events = history?.events ?? [];
      if (events.length === 0) return;
      for (const event of events) this.giveRead(to, event);
    }
  }

  private giveRead(to: Conversation, event: v1.IEvent): void {
    const { seq, messageId } = event;
    const { high, low } = messageId as Long;
    this.give(to, numberOf(event), seq ?? 0, high >>> 0, low >>> 0);
  }
}
