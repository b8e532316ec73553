/**
 * Gives up shards: those that the map places elsewhere, and those that somebody asks for. Actors finish first; then the
 * lease is given up for good, in the same tick in which what is left of the actors ends; only then the store hears of it.
 * From that tick on nothing is acknowledged under the term, whatever becomes of the release.
 */
import { chunksOf, eachBounded } from '../../core/bounded.js';
import { type Clock, sleep } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { type Placement, placedOn } from '../../core/membership.js';
import type { OwnerChange, OwnershipStore, ShardOwner } from '../../core/store.js';
import type { ReleasedShard } from '../../protocol/bus-messages.js';
import type { ShardTable } from '../shard-table.js';
import type { OwnedActors } from './ownership.js';

/**
 * Shards under way out at once: so many lanes, each with so many. The others are served meanwhile; together, all of them
 * would wait for the slowest of their actors and for all of their releases.
 */
const LANES = 8;
const RELEASES_A_LANE = 8;
/** How long actors may take to finish, milliseconds; then they are cut. Those whose turn comes late have a moment. */
const RETIRE_MS = 1_000;
const RETIRE_LATE_MS = 100;
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
  readonly placement: () => Placement | undefined;
  readonly tellReleased: (to: string, shards: readonly ReleasedShard[]) => void;
  /** These need no more attention here: they may be claimed again. */
  readonly done: () => void;
}

export class Releases {
  private readonly deps: ReleasesDeps;
  /** Shards under way out, and who waits for them. */
  private readonly leaving = new Map<number, Set<string>>();
  private readonly resting = new Map<number, { readonly version: number; readonly untilMs: number }>();

  constructor(deps: ReleasesDeps) {
    this.deps = deps;
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

  /** Gives up what the map places elsewhere. */
  follow(): void {
    const { shards, placement, incarnation } = this.deps;
    const map = placement();
    const elsewhere = [...shards.shards].filter((shard) => {
      const node = placedOn(map, shard);
      return node !== undefined && node !== incarnation;
    });
    void this.release(elsewhere);
  }

  /**
   * Somebody has been given these shards. Any that the store says are this process's are given up, also those that it does
   * not know it owns: a claim whose outcome it never learned.
   */
  request(asker: string, asked: readonly number[]): void {
    const { shards } = this.deps;
    for (const shard of asked) this.leaving.get(shard)?.add(asker);
    const fresh = asked.filter((shard) => !this.leaving.has(shard));
    void this.release(
      fresh.filter((shard) => shards.termOf(shard) !== undefined),
      asker,
    );
    const unknown = fresh.filter((shard) => shards.termOf(shard) === undefined);
    if (unknown.length === 0) return;
    for (const shard of unknown) this.leaving.set(shard, new Set([asker]));
    void this.clear([], unknown);
  }

  /** Gives up all of it. */
  releaseAll(): Promise<void> {
    return this.release([...this.deps.shards.shards]);
  }

  get underWay(): number {
    return this.leaving.size;
  }

  private async release(asked: readonly number[], asker?: string): Promise<void> {
    const fresh = asked.filter((shard) => !this.leaving.has(shard));
    for (const shard of fresh) this.leaving.set(shard, new Set(asker === undefined ? [] : [asker]));
    const endMs = this.deps.clock.monotonic() + RETIRE_MS;
    await eachBounded(chunksOf(fresh, RELEASES_A_LANE), LANES, (chunk) => this.releaseTogether(chunk, endMs));
  }

  private async releaseTogether(leaving: readonly number[], endMs: number): Promise<void> {
    const { shards, actors, clock } = this.deps;
    for (const shard of leaving) shards.close(shard);
    const set = new Set(leaving);
    await actors.retire(set, Math.max(RETIRE_LATE_MS, endMs - clock.monotonic()));
    const changes = leaving.flatMap((shard) => {
      const term = shards.termOf(shard);
      return term === undefined ? [] : [shards.giveUp(shard, term, 0)];
    });
    actors.end(set);
    await this.clear(changes, leaving);
  }

  /** Until the store surely does not name this process for these shards. `changes`: what to begin with. */
  private async clear(changes: readonly OwnerChange[], shards: readonly number[]): Promise<void> {
    const { clock } = this.deps;
    let left = await this.write(changes, new Set(shards));
    for (let waitMs = AGAIN_MS; left.size > 0; waitMs = Math.min(AGAIN_MAX_MS, waitMs * 2)) {
      const named = await this.stillNamed(left);
      left = named === undefined ? left : await this.write(named, left);
      if (left.size > 0) await sleep(clock, waitMs);
    }
  }

  /** Tries the changes; returns what is undecided of `shards`. */
  private async write(changes: readonly OwnerChange[], shards: Set<number>): Promise<Set<number>> {
    for (const chunk of chunksOf(changes, LANES * RELEASES_A_LANE)) {
      const applied = await this.deps.ownership.changeOwners(chunk).catch((cause: unknown) => {
        this.deps.logger.warn({ err: cause }, 'releases wait for the store');
        return [];
      });
      const rows = chunk.flatMap(({ shard, next }, index) => (applied[index] === true ? [{ shard, ...next }] : []));
      for (const { shard } of rows) shards.delete(shard);
      this.finish(rows);
    }
    return shards;
  }

  /** What the rows still name this process for, given up; the rest is done with. Undefined when the store does not say. */
  private async stillNamed(shards: Set<number>): Promise<OwnerChange[] | undefined> {
    const { incarnation, ownership, shards: table } = this.deps;
    const rows = await ownership.readOwners().catch(() => undefined);
    if (rows === undefined) return undefined;
    const known = new Map(rows.map((row) => [row.shard, row]));
    const named: OwnerChange[] = [];
    const others: ShardOwner[] = [];
    for (const shard of shards) {
      const row = known.get(shard) ?? { shard, term: 0, incarnation: undefined, idFloorMs: 0 };
      if (row.incarnation === incarnation) named.push(table.giveUp(shard, row.term, row.idFloorMs));
      else others.push(row);
    }
    for (const { shard } of others) shards.delete(shard);
    this.finish(others);
    return named;
  }

  private rest(shard: number): void {
    const { clock, placement, done } = this.deps;
    this.resting.set(shard, { version: placement()?.version ?? 0, untilMs: clock.monotonic() + REST_MS });
    // Nobody may have taken it, and no newer map may come: then it is this node's again.
    clock.after(REST_MS, done);
  }

  private finish(rows: readonly ShardOwner[]): void {
    const { incarnation, placement, tellReleased } = this.deps;
    const map = placement();
    const told = new Map<string, ReleasedShard[]>();
    for (const { shard, term, idFloorMs, incarnation: owner } of rows) {
      const askers = this.leaving.get(shard) ?? new Set();
      this.leaving.delete(shard);
      const node = placedOn(map, shard);
      if (node === incarnation && askers.size > 0) this.rest(shard);
      if (owner !== undefined) continue;
      if (node !== undefined && node !== incarnation) askers.add(node);
      for (const asker of askers) {
        const theirs = told.get(asker) ?? [];
        told.set(asker, theirs);
        theirs.push({ shard, term, idFloorMs });
      }
    }
    for (const [to, shards] of told) tellReleased(to, shards);
    if (rows.length > 0) this.deps.done();
  }
}
