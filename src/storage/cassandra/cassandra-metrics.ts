import type { ErrorName } from '../../core/errors.js';
import type { Metrics } from '../../core/metrics.js';

const WRITE_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** What an operator sees of the message store: counted from the start, published once the store is open. */
export class CassandraMetrics {
  private readonly counts = { requests: 0, timeouts: 0, unavailable: 0 };
  private writeSeconds: { observe(value: number): void } | undefined;

  publish(
    metrics: Metrics,
    writes: { readonly inFlight: number; readonly waiting: number },
    client: { readonly servers: number },
  ): void {
    const { counts } = this;
    metrics.total('parley_cassandra_requests_total', 'Requests to Cassandra', () => counts.requests);
    metrics.total('parley_cassandra_timeouts_total', 'Requests that had no answer in time', () => counts.timeouts);
    metrics.total('parley_cassandra_unavailable_total', 'Requests that were not served', () => counts.unavailable);
    metrics.gauge('parley_cassandra_servers', 'Servers with an open connection', () => client.servers);
    metrics.gauge('parley_cassandra_writes_in_flight', 'Write requests under way', () => writes.inFlight);
    metrics.gauge('parley_cassandra_writes_waiting', 'Write requests not sent yet', () => writes.waiting);
    const help = 'From the start of a write of the store until all of it is durable';
    this.writeSeconds = metrics.histogram('parley_cassandra_write_seconds', help, WRITE_SECONDS);
  }

  requested(): void {
    this.counts.requests++;
  }

  failed(kind: ErrorName): void {
    if (kind === 'timeout') this.counts.timeouts++;
    else if (kind === 'unavailable') this.counts.unavailable++;
  }

  written(seconds: number): void {
    this.writeSeconds?.observe(seconds);
  }
}
