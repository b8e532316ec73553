/** Metrics as the port of src/core wants them, kept by prom-client. */
import { type Metrics, noMetrics } from '../core/metrics.js';

export interface ReadableMetrics extends Metrics {
  /** All metrics in Prometheus's text format. */
  text(): Promise<string>;
}

/** `served`: whether somebody can read them. Else nothing is counted, and the library is not loaded. */
export async function createMetrics(served: boolean): Promise<ReadableMetrics> {
  return served ? prometheus() : { ...noMetrics, text: async () => '' };
}

async function prometheus(): Promise<ReadableMetrics> {
  const { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    counter(name, help) {
      // Counted here and told when it is read: the library's own counting costs more than what is counted does.
      let untold = 0;
      const collect = (): void => {
        counter.inc(untold);
        untold = 0;
      };
      const counter = new Counter({ name, help, registers, collect });
      return {
        add(amount = 1) {
          untold += amount;
        },
      };
    },
    total(name, help, read) {
      const collect = (): void => {
        counter.reset();
        counter.inc(read());
      };
      const counter = new Counter({ name, help, registers, collect });
    },
    gauge(name, help, read) {
      const gauge: InstanceType<typeof Gauge> = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
    },
    histogram(name, help, buckets) {
      const histogram = new Histogram({ name, help, buckets: [...buckets], registers });
      return { observe: (value) => histogram.observe(value) };
    },
    text: () => registry.metrics(),
  };
}
