/**
 * Gives up shards: those that the map places elsewhere, and those that somebody asks for. Few at once, however many maps and
 * requests come, and each is served until its turn. Actors finish first; then the lease is given up for good, in the same tick
 * in which what is left of the actors ends; only then the store hears of it. From that tick on nothing is acknowledged under
 * the term, whatever becomes of the release.
 */

import { chunksOf } from '../../core/bounded.js';
import { type Clock, sleep } from '../../core/clock.js';
import { appendTo } from '../../core/grouped.js';
import type { Logger } from '../../core/logger.js';
import { type Placement, placedOn } from '../../core/membership.js';
import type { Metrics } from '../../core/metrics.js';
import type { OwnerChange, OwnershipStore, ShardOwner } from '../../core/store.js';
import type { ReleasedShard } from '../../protocol/bus-messages.js';
import type { OwnedTerm } from '../active-set.js';
import type { ShardTable } from '../shard-table.js';
import { readOwnerRows } from './owner-rows.js';
import type { OwnedActors } from './ownership.js';
import { Pace } from './pace.js';

/**
 * Hand-overs under way at once; one is slow when the store and the next owner take longer than `slowMs` for it. Whoever sends
 * to a shard under way waits for its two compare-and-sets and its activation; those of many others beside it they need not.
 */
export const HAND_OVERS = { first: 4, least: 4, most: 64, slowMs: 60 };
/** How long actors may take to finish, milliseconds; then they are cut. Once some were, the others have a moment. */
const RETIRE_MS = 1_000;
const RETIRE_LATE_MS = 100;
/** How long a hand-over counts as under way while the next owner does not say that it has the shard, milliseconds. */
const TAKEN_WITHIN_MS = 1_000;
const CHANGES_AT_ONCE = 64;
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const AGAIN_MS = 50;
const AGAIN_MAX_MS = 2_000;
/** A shard given up because somebody asked is left to them for so long, or until there is a newer map, milliseconds. */
const REST_MS = 3_000;

export interface ReleasesDeps {
  readonly incarnation: string;
  readonly ownership: OwnershipStore;
  readonly shards: ShardTable;
  readonly actors: OwnedActors;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly placement: () => Placement | undefined;
  readonly tellReleased: (to: string, shards: readonly ReleasedShard[]) => void;
  /** Some that are placed here need no more attention: they may be claimed again. */
  readonly done: () => void;
}

export class Releases {
  private readonly deps: ReleasesDeps;
  /** Shards on their way out, and who waits for them. */
  private readonly leaving = new Map<number, Set<string>>();
  /** Of those, the ones whose turn has not come: served until then. */
  private readonly waiting = new Set<number>();
  private readonly resting = new Map<number, { readonly version: number; readonly untilMs: number }>();
  /** What is given up and told, by shard, until somebody says that they have it. */
  private readonly untaken = new Map<number, () => void>();
  private readonly retireSeconds: { observe(value: number): void };
  private readonly handOverSeconds: { observe(value: number): void };
  private readonly pace = new Pace(HAND_OVERS);
  private underWay = 0;
  private retireMs = RETIRE_MS;
  private parting = false;

  constructor(deps: ReleasesDeps) {
    this.deps = deps;
    const { metrics } = deps;
    metrics.gauge(
      'parley_shards_leaving',
      'Shards to be released: those under way, and those still served',
      () => this.count,
    );
    metrics.gauge(
      'parley_handovers_under_way',
      'Shards under way to their next owner: served by nobody',
      () => this.underWay,
    );
    const [retired, taken] = ['until its actors have finished', 'until the next owner has it'];
    this.retireSeconds = metrics.histogram('parley_shard_retire_seconds', `A shard closed, ${retired}`, SECONDS);
    this.handOverSeconds = metrics.histogram('parley_handover_seconds', `A shard closed, ${taken}`, SECONDS);
  }

  /** Whether the shard may be claimed here, as far as releases are concerned. */
  mayClaim(shard: number): boolean {
    if (this.leaving.has(shard)) return false;
    const rest = this.resting.get(shard);
    if (rest === undefined) return true;
    const over = rest.untilMs <= this.deps.clock.monotonic() || (this.deps.placement()?.version ?? 0) > rest.version;
    if (over) this.resting.delete(shard);
    return over;
  }

  /** Gives up what the map places elsewhere, of `owned` (all, where not said otherwise). */
  follow(owned: Iterable<number> = this.deps.shards.shards): void {
    const { placement, incarnation } = this.deps;
    const map = placement();
    for (const shard of owned) {
      const node = placedOn(map, shard);
      if (node !== undefined && node !== incarnation) this.release(shard);
      // It was to go by an older map, and nobody has asked for it.
      else if (!this.parting && this.waiting.has(shard) && this.leaving.get(shard)?.size === 0)
        this.keepAfterAll(shard);
    }
    this.beginHandOvers();
  }

  /**
   * Somebody has been given these shards. Any that the store says are this process's are given up, also those that it does
   * not know it owns: a claim whose outcome it never learned.
   */
  request(asker: string, asked: readonly number[]): void {
    const { shards } = this.deps;
    const unknown = asked.filter((shard) => !this.leaving.has(shard) && shards.termOf(shard) === undefined);
    for (const shard of unknown) this.leaving.set(shard, new Set());
    for (const shard of asked) {
      this.release(shard);
      this.leaving.get(shard)?.add(asker);
    }
    this.beginHandOvers();
    if (unknown.length > 0) void this.writeUntilClear([], unknown);
  }

  /** Gives up all of it, also what is placed here, and soon. */
  releaseAll(): void {
    this.parting = true;
    this.pace.hurry();
    for (const shard of this.deps.shards.shards) this.release(shard);
    this.beginHandOvers();
  }

  /** These are somebody's now. */
  noteOwned(owned: readonly OwnedTerm[]): void {
    for (const { shard } of owned) this.untaken.get(shard)?.();
  }

  get count(): number {
    return this.leaving.size;
  }

  private release(shard: number): void {
    if (this.leaving.has(shard)) return;
    this.leaving.set(shard, new Set());
    this.waiting.add(shard);
  }

  private keepAfterAll(shard: number): void {
    this.leaving.delete(shard);
    this.waiting.delete(shard);
  }

  private beginHandOvers(): void {
    const { logger } = this.deps;
    while (this.underWay < this.pace.atOnce) {
      const shard = this.mostUrgent();
      if (shard === undefined) break;
      this.waiting.delete(shard);
      this.underWay++;
      this.handOver(shard)
        .catch((cause: unknown) => logger.error({ err: cause, shard }, 'a hand-over failed'))
        .finally(() => {
          this.underWay--;
          this.beginHandOvers();
        });
    }
    if (this.underWay === 0) this.retireMs = RETIRE_MS;
  }

  /** Those first whose actors somebody may be talking to: the store is at rest yet. */
  private mostUrgent(): number | undefined {
    let first: number | undefined;
    for (const shard of this.waiting) {
      if (this.deps.actors.hosts(shard)) return shard;
      first ??= shard;
    }
    return first;
  }

  private async handOver(shard: number): Promise<void> {
    const { shards, actors, clock } = this.deps;
    const beganMs = clock.monotonic();
    shards.close(shard);
    await actors.retire(shard, this.retireMs);
    const finishedMs = clock.monotonic();
    this.retireSeconds.observe((finishedMs - beganMs) / 1000);
    if (finishedMs - beganMs >= this.retireMs) this.retireMs = RETIRE_LATE_MS;
    const term = shards.termOf(shard);
    const changes = term === undefined ? [] : [this.giveUp(shard, term, 0)];
    if (term === undefined) actors.end(shard);
    const taken = this.listenForTaker(shard);
    await this.writeUntilClear(changes, [shard]);
    await taken();
    this.pace.note(finishedMs, clock.monotonic());
    this.handOverSeconds.observe((clock.monotonic() - beganMs) / 1000);
  }

  /** Begins to listen for the next owner; what it returns waits for them, if anybody was told. */
  private listenForTaker(shard: number): () => Promise<void> {
    const heard = new Promise<void>((resolve) => this.untaken.set(shard, resolve));
    return async () => {
      const goesTo = placedOn(this.deps.placement(), shard);
      if (goesTo !== undefined && goesTo !== this.deps.incarnation)
        await Promise.race([heard, sleep(this.deps.clock, TAKEN_WITHIN_MS)]);
      this.untaken.delete(shard);
    };
  }

  /** Until the store surely does not name this process for these shards. `changes`: what to begin with. */
  private async writeUntilClear(changes: readonly OwnerChange[], shards: readonly number[]): Promise<void> {
    const { clock } = this.deps;
    let left = await this.write(changes, new Set(shards));
    for (let waitMs = AGAIN_MS; left.size > 0; waitMs = Math.min(AGAIN_MAX_MS, waitMs * 2)) {
      left = await this.write(await this.stillNamed(left), left);
      if (left.size > 0) await sleep(clock, waitMs);
    }
  }

  /** Tries the changes; returns what is undecided of `shards`. */
  private async write(changes: readonly OwnerChange[], shards: Set<number>): Promise<Set<number>> {
    for (const chunk of chunksOf(changes, CHANGES_AT_ONCE)) {
      const applied = await this.deps.ownership.changeOwners(chunk).catch((cause: unknown) => {
        this.deps.logger.warn({ err: cause }, 'releases wait for the store');
        return [];
      });
      const rows = chunk.flatMap(({ shard, next }, index) => (applied[index] === true ? [{ shard, ...next }] : []));
      for (const { shard } of rows) shards.delete(shard);
      this.tellReleased(rows);
    }
    return shards;
  }

  /** What the rows still name this process for, given up; the rest is done with. What cannot be read stays. */
  private async stillNamed(shards: Set<number>): Promise<OwnerChange[]> {
    const { incarnation, ownership } = this.deps;
    const rows = await readOwnerRows(ownership, [...shards]).catch(() => []);
    const named: OwnerChange[] = [];
    const others: ShardOwner[] = [];
    for (const row of rows) {
      if (row.incarnation === incarnation) named.push(this.giveUp(row.shard, row.term, row.idFloorMs));
      else others.push(row);
    }
    for (const { shard } of others) shards.delete(shard);
    this.tellReleased(others);
    return named;
  }

  private giveUp(shard: number, term: number, idFloorMs: number): OwnerChange {
    const { shards, actors } = this.deps;
    return shards.giveUp(shard, term, idFloorMs, (given) => actors.end(given));
  }

  private leaveToAskers(shard: number): void {
    const { clock, placement, done } = this.deps;
    this.resting.set(shard, { version: placement()?.version ?? 0, untilMs: clock.monotonic() + REST_MS });
    // Nobody may have taken it, and no newer map may come: then it is this node's again.
    clock.after(REST_MS, done);
  }

  private tellReleased(rows: readonly ShardOwner[]): void {
    const { incarnation, placement, tellReleased } = this.deps;
    const map = placement();
    const told = new Map<string, ReleasedShard[]>();
    for (const { shard, term, idFloorMs, incarnation: owner } of rows) {
      const askers = this.leaving.get(shard) ?? new Set();
      this.leaving.delete(shard);
      const node = placedOn(map, shard);
      if (node === incarnation && askers.size > 0) this.leaveToAskers(shard);
      if (owner !== undefined) continue;
      if (node !== undefined && node !== incarnation) askers.add(node);
      for (const asker of askers) appendTo(told, asker, { shard, term, idFloorMs });
    }
    for (const [to, shards] of told) tellReleased(to, shards);
    if (rows.some(({ shard }) => placedOn(map, shard) === incarnation)) this.deps.done();
  }
}
