import type { ErrorName } from '../../core/errors.js';
import type { Counter, Metrics } from '../../core/metrics.js';

const WRITE_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** What an operator sees of the message store. */
export class CassandraMetrics {
  readonly requests: Counter;
  readonly writeSeconds: { observe(value: number): void };
  private readonly timeouts: Counter;
  private readonly unavailable: Counter;

  constructor(metrics: Metrics, writes: { readonly inFlight: number; readonly waiting: number }) {
    this.requests = metrics.counter('parley_cassandra_requests_total', 'Requests to Cassandra');
    this.timeouts = metrics.counter('parley_cassandra_timeouts_total', 'Requests that had no answer in time');
    this.unavailable = metrics.counter('parley_cassandra_unavailable_total', 'Requests that Cassandra could not serve');
    this.writeSeconds = metrics.histogram(
      'parley_cassandra_write_seconds',
      'From the start of a write of the store until all of it is durable',
      WRITE_SECONDS,
    );
    metrics.gauge('parley_cassandra_writes_in_flight', 'Write requests under way', () => writes.inFlight);
    metrics.gauge('parley_cassandra_writes_waiting', 'Write requests not sent yet', () => writes.waiting);
  }

  failed(kind: ErrorName): void {
    if (kind === 'timeout') this.timeouts.add();
    else if (kind === 'unavailable') this.unavailable.add();
  }
}
