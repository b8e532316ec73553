import { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import type { Bus, Subscription } from '../../src/core/bus.js';
import type { Clock } from '../../src/core/clock.js';
import type { Faults } from './faults.js';

/** Does `send` now, late, twice or never. */
export function unreliably(faults: Faults, clock: Clock, send: () => void): void {
  if (faults.happens('lost', 0.02)) return;
  if (faults.happens('late', 0.05)) clock.after(1 + faults.below(3_000), send);
  else send();
  if (faults.happens('doubled', 0.02)) clock.after(faults.below(3_000), send);
}

/** A bus that loses, doubles and delays envelopes. */
export class FaultyBus<Envelope> implements Bus<Envelope> {
  private readonly bus: MemoryBus<Envelope>;
  private readonly faults: Faults;
  private readonly clock: Clock;

  constructor(clock: Clock, faults: Faults) {
    this.bus = new MemoryBus(clock);
    this.clock = clock;
    this.faults = faults;
  }

  publish(subject: string, envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) unreliably(this.faults, this.clock, () => this.bus.publish(subject, [envelope]));
  }

  subscribe(subject: string, handler: (envelopes: readonly Envelope[]) => void): Promise<Subscription> {
    return this.bus.subscribe(subject, handler);
  }

  flush(deadlineMs: number): Promise<void> {
    return this.bus.flush(deadlineMs);
  }

  close(): Promise<void> {
    return this.bus.close();
  }
}
