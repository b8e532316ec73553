/** What goes wrong in a simulated run, decided by the run's seed alone. */
import type { Clock } from '../../src/core/clock.js';
import { sleep } from '../../src/core/clock.js';
import { ParleyError } from '../../src/core/errors.js';
import type { Random } from '../../src/core/random.js';
import type { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import type { Around, StoreOperation } from '../../src/storage/memory/memory-storage.js';

/** How many times as often as usual a fault happens, by its name. */
export type Weather = Readonly<Record<string, number>>;

export class Faults {
  private readonly random: Random;
  private readonly clock: Clock;
  private readonly place: MemoryPlace;
  private readonly weather: Weather;
  private healed = false;
  /** How many of each happened. */
  readonly counts = new Map<string, number>();

  constructor(random: Random, clock: Clock, place: MemoryPlace, weather: Weather = {}) {
    this.weather = weather;
    this.random = random;
    this.clock = clock;
    this.place = place;
  }

  heal(): void {
    this.healed = true;
  }

  happens(name: string, probability: number): boolean {
    if (this.healed || this.random.fraction() >= probability * (this.weather[name] ?? 1)) return false;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return true;
  }

  below(bound: number): number {
    return Math.floor(this.random.fraction() * bound);
  }

  /**
   * The store as one process meets it. `partial`: the store takes batches apart and lets writes land after their
   * writer was fenced, as a store of many replicas does; else a batch happens whole, or not at all.
   */
  around(partial: boolean, isDead: () => boolean): Around {
    return async (operation, apply) => {
      // A start reads the active set of every shard: it would not get through in a run's time.
      if ('subject' in operation && operation.subject.startsWith('active/')) return apply();
      if (this.happens('slow store', 0.1)) await sleep(this.clock, 1 + this.below(80));
      await aliveOnly(isDead);
      if (operation.type === 'write') await this.write(operation, apply, partial);
      else if (this.mayFail(operation) && this.happens('failed read', 0.01)) throw new ParleyError('unavailable');
      const answer = operation.type === 'write' ? (undefined as ReturnType<typeof apply>) : apply();
      if (this.happens('slow answer', 0.05)) await sleep(this.clock, 1 + this.below(80));
      await aliveOnly(isDead);
      return answer;
    };
  }

  /** A compare-and-set that may not happen, or whose answer is lost. */
  async doubtfully<Answer>(change: () => Promise<Answer>): Promise<Answer> {
    if (this.happens('change never lands', 0.02)) throw new ParleyError('timeout');
    const answer = await change();
    if (this.happens('answer to a change lost', 0.02)) throw new ParleyError('timeout');
    return answer;
  }

  /** A start is not tried again here: its own calls do not fail. */
  private mayFail(operation: StoreOperation): boolean {
    return operation.type === 'readRows' || operation.type === 'readEpochs' || operation.type === 'readFence';
  }

  private async write(
    operation: Extract<StoreOperation, { type: 'write' }>,
    apply: () => unknown,
    partial: boolean,
  ): Promise<void> {
    if (this.happens('full disk', 0.01)) throw new ParleyError('storage_full');
    if (this.happens('write never lands', 0.02)) throw new ParleyError('timeout');
    if (this.happens('write lands late', 0.03)) {
      this.clock.after(this.below(4_000), () => swallow(apply));
      throw new ParleyError('timeout');
    }
    if (partial && this.happens('part of a batch', 0.02)) {
      this.place.apply(operation.batch.slice(0, this.below(operation.batch.length)));
      throw new ParleyError('unavailable');
    }
    apply();
    if (this.happens('answer lost', 0.02)) throw new ParleyError('timeout');
  }
}

/** What a process that died had asked for is never answered. */
function aliveOnly(isDead: () => boolean): Promise<void> {
  return isDead() ? new Promise<void>(() => undefined) : Promise.resolve();
}

function swallow(apply: () => unknown): void {
  try {
    apply();
  } catch {
    // A write that lands after its writer was fenced is refused; nobody is there to hear of it.
  }
}
