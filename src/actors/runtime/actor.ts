import type { Epoch } from '../../core/epoch.js';
import type { ActorId } from '../../core/ids.js';

/** The owner of one state. Its methods run one at a time; callbacks of its own I/O run between them. */
export interface Actor<Message> {
  /** Handles one message. The next one waits for a returned promise. A throw crashes the actor. */
  receive(message: Message): void | Promise<void>;
  /** About once a second after `context.requestTick()`; true asks for the next one, too. */
  tick(): boolean;
  /**
   * Whether it must stay: anything in doubt, and, unless the node is stopping, anything owed or anybody waiting. What is owed
   * at a stop is written down by `passivate`.
   */
  busy(stopping: boolean): boolean;
  /** Writes down what must not be lost with the memory. Called when idle and not busy; nothing is received meanwhile. */
  passivate(): Promise<void>;
  /** Its activation has ended by an error: it may tell those who counted on what it had in memory alone. Must not throw. */
  crashed?(): void;
  /** What operators may know of it: numbers and states, never what people wrote. */
  facts(): Readonly<Record<string, string>>;
}

/** What the runtime gives an actor. */
export interface ActorContext {
  readonly id: ActorId;
  readonly epoch: Epoch;
  /** False once this activation has ended; then its callbacks must do nothing. */
  readonly alive: boolean;
  requestTick(): void;
  /** Ends this activation as if it had been passivated: the next message starts another under the next epoch. */
  end(): void;
  /** Ends this activation by an error; another starts under the next epoch. For callbacks, which cannot throw. */
  crash(cause: unknown): void;
}

/** Builds an actor from the store. May reject with a ParleyError: then all who wait are refused with it. */
export type Activate<Message> = (context: ActorContext) => Promise<Actor<Message>>;
