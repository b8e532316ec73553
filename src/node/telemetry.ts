/** Logs and metrics as the ports of src/core want them: pino and prom-client. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { destination, pino } from 'pino';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Logger } from '../core/logger.js';
import type { Metrics } from '../core/metrics.js';

/** JSON lines on standard error; standard output is for people. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null }, destination({ dest: 2, sync: true }));
}

export interface PrometheusMetrics extends Metrics {
  /** All metrics in Prometheus's text format. */
  text(): Promise<string>;
}

export function createMetrics(): PrometheusMetrics {
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
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
    },
    histogram(name, help, buckets) {
      const histogram = new Histogram({ name, help, buckets: [...buckets], registers });
      return { observe: (value) => histogram.observe(value) };
    },
    text: () => registry.metrics(),
  };
}

const RESOLUTION_MS = 20;

/** Reads the event loop's delay, p99 in milliseconds since the last reading. */
export function eventLoopDelayReader(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return () => {
    const delayMs = Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS);
    histogram.reset();
    return delayMs;
  };
}
