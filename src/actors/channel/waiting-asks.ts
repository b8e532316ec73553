import type { Ask } from '../../cluster/actor-host.js';
import { appendTo } from '../../core/grouped.js';
import type { v1 } from '../../protocol/wire.js';

/** A send that changes nothing waits for the commit of the send before it, but is answered otherwise: it does not ask for this event. */
function asksFor({ question }: Ask, { from, clientMessageId }: v1.Event): boolean {
  if (question.type !== 'request' || question.body.type !== 'send') return false;
  return question.caller.userId === from && question.body.value.clientMessageId === clientMessageId;
}

/** The questions that wait for a commit, by position: to be refused when the store refuses. */
export class WaitingAsks {
  private readonly bySeq = new Map<number, Ask[]>();

  add(seq: number, ask: Ask): void {
    appendTo(this.bySeq, seq, ask);
  }

  /** The event is committed: nobody waits for its position any more. Those of them that sent it. */
  takeSendsOf(event: v1.Event): readonly Ask[] {
    const asks = this.bySeq.get(event.seq);
    if (asks === undefined) return [];
    this.bySeq.delete(event.seq);
    return asks.every((ask) => asksFor(ask, event)) ? asks : asks.filter((ask) => asksFor(ask, event));
  }

  takeAll(): readonly Ask[] {
    const asks = [...this.bySeq.values()].flat();
    this.bySeq.clear();
    return asks;
  }
}
