/** What the tests of this folder share: buses on a server, and what they counted and said. */
import { systemClock } from '../../../../core/clock.js';
import type { Logger } from '../../../../core/logger.js';
import type { Metrics } from '../../../../core/metrics.js';
import type { BusEnvelope } from '../../../../protocol/bus-messages.js';
import { type NatsBus, type NatsBusOptions, openNatsBus } from '../nats-bus.js';

/** Counters, and what is read, by name. */
class CountedMetrics implements Metrics {
  private readonly counts = new Map<string, number>();
  private readonly readers = new Map<string, () => number>();

  counter(name: string): { add(amount?: number): void } {
    return { add: (amount = 1) => void this.counts.set(name, (this.counts.get(name) ?? 0) + amount) };
  }

  total(name: string, _help: string, read: () => number): void {
    this.readers.set(name, read);
  }

  gauge(name: string, _help: string, read: () => number): void {
    this.readers.set(name, read);
  }

  histogram(): { observe(): void } {
    return { observe: () => undefined };
  }

  read(name: string): number {
    return this.readers.get(name)?.() ?? this.counts.get(name) ?? 0;
  }
}

export interface TestBus {
  readonly bus: NatsBus;
  readonly metrics: CountedMetrics;
  /** Sentences logged, with their level. */
  readonly said: string[];
}

let clusters = 0;

/** A name that no other test has. */
export const newCluster = (): string => `test-${process.pid}-${++clusters}`;

export async function openTestBus(server: string, options: Partial<NatsBusOptions> = {}): Promise<TestBus> {
  const metrics = new CountedMetrics();
  const said: string[] = [];
  const say = (level: string) => (_fields: object, sentence: string) => void said.push(`${level}: ${sentence}`);
  const logger: Logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const given = { servers: [server], cluster: newCluster(), clock: systemClock, logger, metrics, ...options };
  return { bus: await openNatsBus(given), metrics, said };
}

/** A small envelope with a number, and as much text as wanted. */
export function numbered(number: number, textBytes = 0): BusEnvelope {
  return { type: 'refusal', correlation: number, error: 'timeout', sentence: 'x'.repeat(textBytes), retryAfterMs: 0 };
}

export const numberOf = (envelope: BusEnvelope): number => (envelope.type === 'refusal' ? envelope.correlation : -1);
