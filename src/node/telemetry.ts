/** Logs as the port of src/core wants them, by pino, and what the event loop says. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { destination, pino } from 'pino';
import type { Logger } from '../core/logger.js';

/** JSON lines on standard error; standard output is for people. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null }, destination({ dest: 2, sync: true }));
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
