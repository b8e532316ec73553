/**
 * The bus: carries envelopes between processes (or, embedded, between the roles of one). At most once, in order per
 * pair of publisher and subject while nothing fails; nothing lives only here. Whoever needs more checks for gaps.
 */
export interface Bus<Envelope> {
  /**
   * Hands over envelopes for every subscriber of `subject`. Never blocks. Envelopes that are ready together travel
   * together. Throws `overloaded` when the queue is at its bound: then nothing was taken.
   */
  publish(subject: string, envelopes: readonly Envelope[]): void;
  /** Calls `handler` with batches in order; it must not throw. Active once the returned promise resolves. */
  subscribe(subject: string, handler: (envelopes: readonly Envelope[]) => void): Promise<Subscription>;
  /** Resolves when all that was published is handed over, or rejects with `timeout`. */
  flush(deadlineMs: number): Promise<void>;
  /** Flushes, then delivers nothing more. */
  close(): Promise<void>;
}

export interface Subscription {
  unsubscribe(): void;
}
