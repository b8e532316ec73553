/** Metrics as a port; src/node binds it to Prometheus. Names are snake case with the unit last, without user ids. */
export interface Counter {
  add(amount?: number): void;
}

/** Names begin with `parley_`; those of counters and totals, and no others, end in `_total`. */
export interface Metrics {
  counter(name: string, help: string): Counter;
  /** A count that is kept elsewhere, from 0 and never falling, and read when the metrics are asked for. */
  total(name: string, help: string, read: () => number): void;
  /** A value read when the metrics are asked for. */
  gauge(name: string, help: string, read: () => number): void;
  /** Observes durations or sizes in the given buckets (upper bounds, ascending). */
  histogram(name: string, help: string, buckets: readonly number[]): { observe(value: number): void };
}

export const noMetrics: Metrics = {
  counter: () => ({ add: () => {} }),
  total: () => {},
  gauge: () => {},
  histogram: () => ({ observe: () => {} }),
};
