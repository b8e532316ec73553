/**
 * The bus: carries envelopes between processes (or, embedded, between the roles of one). At most once, in order per
 * pair of publisher and subject while nothing fails; nothing lives only here. Whoever needs more checks for gaps.
 */
export interface Bus<Envelope> {
  /**
   * Takes envelopes for every subscriber of `subject`. Never blocks. Envelopes that are ready together travel together.
   * Throws when it takes none of them: `overloaded` when the queue is at its bound, or there has been no connection for too
   * long; `frame_too_large` for an envelope that the server would not take; `invalid_argument` for a subject that it
   * cannot carry. After `close` it takes nothing, and may throw `unavailable`.
   */
  publish(subject: string, envelopes: readonly Envelope[]): void;
  /**
   * Calls `handler` with batches in order; it must not throw. Active once the returned promise resolves, which waits for a
   * connection as long as it takes. Rejects with `unavailable` when the bus is closed, or the server does not allow it.
   */
  subscribe(subject: string, handler: (envelopes: readonly Envelope[]) => void): Promise<Subscription>;
  /**
   * Resolves when all that was published before is with the subscribers of this process, or with the server (who has
   * received it there is not known). Rejects with `timeout` when `deadlineMs` is over first, or some of it was lost.
   */
  flush(deadlineMs: number): Promise<void>;
  /** Flushes, for a second at most, then delivers nothing more. Never rejects; what could not be handed over is lost. */
  close(): Promise<void>;
}

export interface Subscription {
  unsubscribe(): void;
}
