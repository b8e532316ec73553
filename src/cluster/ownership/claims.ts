/**
 * Claims the shards that the map places here. From whom, the store's row says: from nobody, and from this process itself
 * (a claim or a release of its own whose outcome it never learned), at once; from a live owner, once that has released it;
 * from one that is gone, once it is surely FENCED. One pass at a time; what it could not claim is tried again, with backoff.
 */

import { type BackoffSpan, backoffMs } from '../../core/backoff.js';
import { eachBounded } from '../../core/bounded.js';
import type { Clock } from '../../core/clock.js';
import { appendTo } from '../../core/grouped.js';
import { SHARD_COUNT } from '../../core/ids.js';
import type { Logger } from '../../core/logger.js';
import { type Placement, placedOn } from '../../core/membership.js';
import type { OwnershipStore, ShardOwner } from '../../core/store.js';
import type { ReleasedShard } from '../../protocol/bus-messages.js';
import type { OwnedTerm } from '../active-set.js';
import type { ShardTable } from '../shard-table.js';
import { readOwnerRows } from './owner-rows.js';
import { urgentFirst } from './urgent-first.js';

/**
 * Compare-and-sets under way at once: so many lanes, each with so many shards. A slow one holds up its own lane only; and one
 * that somebody begins to wait for is behind those under way, so they are no more than keep the store busy.
 */
const LANES = 8;
const CLAIMS_A_LANE = 4;
const AGAIN: BackoffSpan = { firstMs: 100, mostMs: 2_000 };

export interface ClaimsDeps {
  readonly incarnation: string;
  readonly ownership: OwnershipStore;
  readonly shards: ShardTable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly placement: () => Placement | undefined;
  /**
   * See Heartbeats. Nobody else is fenced, whatever the map says: it may be old, and this process may have been paused or cut
   * off without knowing.
   */
  readonly isUnhealthy: (incarnation: string) => boolean;
  /** False while the shard is being released here, or has just been. */
  readonly mayClaim: (shard: number) => boolean;
  readonly askToRelease: (owner: string, shards: readonly number[]) => void;
  /** These are held now. */
  readonly claimed: (owned: readonly OwnedTerm[]) => void;
}

export class Claims {
  private readonly deps: ClaimsDeps;
  /** Rows that name nobody, as their last owner said. They change by a claim only. */
  private readonly released = new Map<number, ShardOwner>();
  /** Shards whose actors somebody waits for: claimed first, also in a pass that is under way. */
  private readonly urgent = new Set<number>();
  private readonly fenced = new Set<string>();
  /** Compare-and-sets under way: one a shard at a time, so that no outcome is taken for another's. */
  private readonly claiming = new Set<number>();
  private running = false;
  private passWanted = false;
  private stopped = false;
  private attempts = 0;
  private cancelRetry: () => void = () => undefined;

  constructor(deps: ClaimsDeps) {
    this.deps = deps;
  }

  /** Something has changed: the map, or who owns what. */
  wake(): void {
    this.attempts = 0;
    this.pass();
  }

  /** Claimed at once, beside the pass that may be under way: somebody may wait for them. */
  noteReleased(shards: readonly ReleasedShard[]): void {
    const rows = shards.map((row) => ({ ...row, incarnation: undefined }));
    for (const row of rows) this.released.set(row.shard, row);
    this.claimRows(rows)
      .catch((cause: unknown) => this.deps.logger.warn({ err: cause }, 'claims wait for the store'))
      .finally(() => {
        if (rows.some(({ shard }) => this.mayClaimNow(shard))) this.wake();
      });
  }

  hurry(shard: number): void {
    this.urgent.add(shard);
  }

  stop(): void {
    this.stopped = true;
    this.cancelRetry();
  }

  private pass(): void {
    this.cancelRetry();
    if (this.stopped) return;
    this.passWanted = true;
    if (!this.running) void this.runPasses();
  }

  private async runPasses(): Promise<void> {
    this.running = true;
    while (this.passWanted && !this.stopped) {
      this.passWanted = false;
      await this.claimWanted().catch((cause: unknown) =>
        this.deps.logger.warn({ err: cause }, 'claims wait for the store'),
      );
    }
    this.running = false;
    if (this.stopped || this.wanted().length === 0) return;
    this.cancelRetry = this.deps.clock.after(backoffMs(AGAIN, this.attempts++), () => this.pass());
  }

  /** Placed here and not held. */
  private wanted(): number[] {
    const { incarnation, shards, placement, mayClaim } = this.deps;
    const map = placement();
    const wanted: number[] = [];
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      if (placedOn(map, shard) !== incarnation || shards.termOf(shard) !== undefined || !mayClaim(shard)) continue;
      wanted.push(shard);
    }
    const known = new Set(wanted);
    for (const shard of this.urgent) if (!known.has(shard)) this.urgent.delete(shard);
    return wanted;
  }

  private async claimWanted(): Promise<void> {
    const wanted = this.wanted();
    await this.claimRows(wanted.flatMap((shard) => this.released.get(shard) ?? []));
    const left = wanted.filter((shard) => this.deps.shards.termOf(shard) === undefined);
    if (left.length === 0) return;
    const rows = await this.rowsOf(left);
    this.askOwners(rows.filter((row) => !this.isFree(row) && !this.isGone(row)));
    await this.claimRows(rows.filter((row) => this.isFree(row)));
    // Looked at after the claims, which take time: whoever is heard by now is not fenced.
    const orphans = rows.filter((row) => !this.isFree(row) && this.isGone(row));
    if (orphans.length === 0) return;
    await this.fenceAll(new Set(orphans.flatMap(({ incarnation }) => incarnation ?? [])));
    // Read after the fence: until then an owner may raise its id floor.
    const freed = await this.rowsOf(orphans.map(({ shard }) => shard));
    await this.claimRows(freed.filter((row) => this.isFree(row)));
  }

  /** What cannot be read now is claimed in a later pass. */
  private rowsOf(shards: readonly number[]): Promise<ShardOwner[]> {
    return readOwnerRows(this.deps.ownership, shards);
  }

  private isFree({ incarnation }: ShardOwner): boolean {
    return incarnation === undefined || incarnation === this.deps.incarnation || this.fenced.has(incarnation);
  }

  /** Whether the row's owner takes part no more, and is not heard either. */
  private isGone({ incarnation: owner = '' }: ShardOwner): boolean {
    const listed = this.deps.placement()?.nodes.includes(owner) ?? true;
    return !listed && this.deps.isUnhealthy(owner);
  }

  private async fenceAll(incarnations: ReadonlySet<string>): Promise<void> {
    const { ownership, logger } = this.deps;
    for (const incarnation of incarnations) {
      logger.warn({ incarnation }, 'an owner is gone: it is fenced, and its shards are claimed');
      await ownership.fence(incarnation).then(
        () => this.fenced.add(incarnation),
        (cause: unknown) => logger.warn({ err: cause, incarnation }, 'a fence waits for the store'),
      );
    }
  }

  private askOwners(rows: readonly ShardOwner[]): void {
    const asked = new Map<string, number[]>();
    for (const { shard, incarnation = '' } of rows) appendTo(asked, incarnation, shard);
    for (const [owner, shards] of asked) this.deps.askToRelease(owner, shards);
  }

  /**
   * Rejects when an outcome is unknown, once nothing is under way any more: the rows are read again before anything else is
   * done about them.
   */
  private async claimRows(rows: readonly ShardOwner[]): Promise<void> {
    await eachBounded(urgentFirst(rows, this.urgent, CLAIMS_A_LANE), LANES, (chunk) => this.claimChunk(chunk));
  }

  private async claimChunk(rows: readonly ShardOwner[]): Promise<void> {
    const still = rows.filter(({ shard }) => this.mayClaimNow(shard));
    if (this.stopped || still.length === 0) return;
    for (const { shard } of still) {
      this.released.delete(shard);
      this.claiming.add(shard);
    }
    const owned = await this.claimAndHold(still).finally(() => {
      for (const { shard } of still) this.claiming.delete(shard);
    });
    if (owned.length === 0) return;
    for (const { shard } of owned) this.urgent.delete(shard);
    this.deps.claimed(owned);
  }

  private mayClaimNow(shard: number): boolean {
    const { shards, mayClaim, placement, incarnation } = this.deps;
    if (this.claiming.has(shard) || shards.termOf(shard) !== undefined) return false;
    return placedOn(placement(), shard) === incarnation && mayClaim(shard);
  }

  /** What somebody asked for meanwhile is not held: its release is under way, and finds the row. */
  private async claimAndHold(rows: readonly ShardOwner[]): Promise<OwnedTerm[]> {
    const { shards, ownership, mayClaim } = this.deps;
    const changes = rows.map((row) => shards.claimOf(row.shard, row));
    const applied = await ownership.changeOwners(changes);
    return changes.flatMap((change, index) => {
      const serves = applied[index] === true && mayClaim(change.shard);
      const held = serves && shards.hold(change, rows[index]?.idFloorMs ?? 0);
      return held ? [{ shard: change.shard, term: change.next.term }] : [];
    });
  }
}
