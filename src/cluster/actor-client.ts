import type { ParleyError } from '../core/errors.js';
import type { ActorId, ChannelId } from '../core/ids.js';
import type { TraceContext } from '../core/trace.js';
import type { ActorAnswer, EdgeEnvelope, Notice, Question } from '../protocol/bus-messages.js';

/** Who waits for an answer: one of the two is called, once, and throws nothing. */
export interface Waiter {
  answered(answer: ActorAnswer): void;
  refused(error: ParleyError): void;
}

/**
 * How everything that is not an actor reaches one: gateways, the API, admin. Finds the owner, repeats while
 * ownership moves, and gives up at the deadline.
 */
export interface ActorClient {
  /**
   * Asks and waits. Rejects with the actor's ParleyError, `timeout` after `budgetMs` (default
   * LIMITS.requestDeadlineMs), or `overloaded` at once when too many questions are open. `trace`: of a sampled request.
   */
  ask(actor: ActorId, question: Question, budgetMs?: number, trace?: TraceContext): Promise<ActorAnswer>;
  /** The same without a promise, for what every message asks: some ten objects fewer wait with it. */
  askFor(waiter: Waiter, actor: ActorId, question: Question, trace?: TraceContext): void;
  /** Sends without an answer; may be lost. */
  tell(actor: ActorId, notice: Notice): void;
}

/** The bus as a gateway sees it: its own address, and the fan-out subjects it asked for. */
export interface EdgeBus {
  /** The address that actors push to: pass it as `gateway` in `session_open`. */
  readonly address: string;
  readonly actors: ActorClient;
  /** Calls `handler` for all that is sent to this address, except answers and refusals, which `ask` takes. */
  onEnvelope(handler: (envelope: EdgeEnvelope) => void): void;
  /** Calls `listener` with shards whose actors have a new owner, which knows no sessions yet. */
  onMoved(listener: (shards: readonly number[]) => void): void;
  /** Subscribes to a channel's fan-out; resolves when active. Idempotent. Events come to the handler as `fanout`. */
  subscribeFanout(channelId: ChannelId): Promise<void>;
  unsubscribeFanout(channelId: ChannelId): void;
}
