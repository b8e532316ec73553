import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { LoadResult, Order } from '../load/generator/orders.js';
import type { Generator } from './generator.js';
import type { ServerProcess } from './server.js';

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What says whether a rate was held. */
export interface Offered {
  readonly rate: number;
  readonly refused: number;
  /** Attempts beyond the first of a message: it was refused for the moment, or lost with its connection. */
  readonly repeated: number;
  readonly lost: number;
  readonly doubled: number;
  readonly closed: number;
  /** From when a message was due until its recipient had it. */
  readonly delivery: Latency;
}

export interface Measurement extends Offered {
  readonly seconds: number;
  readonly sent: number;
  readonly delivered: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** From when a message was due until its sender had the acknowledgement. */
  readonly acknowledgement: Latency;
  /** Server's processor time, user and system, all threads, microseconds a message sent. */
  readonly microsecondsPerMessage: number;
  /** Share of its core that the server used. */
  readonly serverShare: number;
  readonly generatorShare: number;
  readonly generatorLateP99Ms: number;
  readonly generatorDelayP99Ms: number;
  /** The generator, not the server, set the limit: the figures say less than they seem to. */
  readonly generatorWasBottleneck: boolean;
}

const BOTTLENECK_LATE_MS = 20;
const BOTTLENECK_SHARE = 0.95;

/** Of an encoded histogram of microseconds. */
export function latency(encoded: string): Latency {
  const histogram: Histogram = decodeFromCompressedBase64(encoded);
  return {
    p50Ms: histogram.getValueAtPercentile(50) / 1000,
    p99Ms: histogram.getValueAtPercentile(99) / 1000,
    maxMs: histogram.maxValue / 1000,
  };
}

/** Has a generator offer a load, and reads the server's processor time around what is measured. */
export async function measure(
  server: Pick<ServerProcess, 'processorSeconds'>,
  generator: Generator,
  order: Extract<Order, { type: 'direct' | 'publish' }>,
  onPhase: (phase: 'measuring' | 'measured') => void = () => {},
): Promise<Measurement> {
  let cpuFrom = 0;
  let cpuUntil = 0;
  const result = await generator.order<LoadResult>(order, (phase) => {
    onPhase(phase);
    if (phase === 'measuring') cpuFrom = server.processorSeconds();
    else cpuUntil = server.processorSeconds();
  });
  const used = cpuUntil - cpuFrom;
  const late = latency(result.lateness).p99Ms;
  return {
    rate: order.rate,
    seconds: order.seconds,
    sent: result.sent,
    delivered: result.delivered,
    refused: result.refused,
    repeated: result.repeated,
    refusals: result.refusals,
    lost: result.lost,
    doubled: result.doubled,
    closed: result.closed,
    delivery: latency(result.delivery),
    acknowledgement: latency(result.acknowledgement),
    microsecondsPerMessage: (used * 1e6) / (order.rate * order.seconds),
    serverShare: used / order.seconds,
    generatorShare: result.processorShare,
    generatorLateP99Ms: late,
    generatorDelayP99Ms: result.eventLoopDelayP99Ms,
    generatorWasBottleneck: late > BOTTLENECK_LATE_MS || result.processorShare > BOTTLENECK_SHARE,
  };
}

const SATURATION_P99_MS = 500;

/** Whether a rate was held: nothing lost, doubled, or refused even once, nobody thrown out, p99 within the bound. */
export function held(measurement: Offered): boolean {
  const { lost, doubled, refused, repeated, closed, delivery } = measurement;
  const clean = [lost, doubled, refused, repeated, closed].every((count) => count === 0);
  return clean && delivery.p99Ms <= SATURATION_P99_MS;
}
