/** The actors of a node by shard: woken when a shard comes, finished and ended when it goes. */
import type { ActorSystem } from '../actors/runtime/actor-system.js';
import { type Clock, sleep } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { MessageStore } from '../core/store.js';
import type { ActorEnvelope } from '../protocol/bus-messages.js';
import { type OwnedTerm, recoverActiveSets } from './active-set.js';
import type { Committer } from './committer.js';
import type { IdIndex } from './id-index.js';
import type { OwnedActors } from './ownership/ownership.js';
import type { ShardTable } from './shard-table.js';

/** How long until actors that owe work and could not be activated are tried again, milliseconds. */
const RECOVER_AGAIN_MS = 5_000;

export interface ShardActorsDeps {
  readonly system: ActorSystem<ActorEnvelope>;
  readonly shards: ShardTable;
  readonly store: MessageStore;
  readonly committer: Committer;
  readonly idIndex: IdIndex;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ShardActors implements OwnedActors {
  private readonly deps: ShardActorsDeps;

  constructor(deps: ShardActorsDeps) {
    this.deps = deps;
  }

  async recover(owned: readonly OwnedTerm[]): Promise<void> {
    const { system, shards, store, clock, logger } = this.deps;
    const held = owned.filter(({ shard, term }) => shards.termOf(shard) === term);
    const { woken, left } = await recoverActiveSets(store, held, (actor) => system.wake(actor), logger);
    if (woken > 0) logger.info({ actors: woken }, 'activated the actors that owed work');
    if (left.length > 0) clock.after(RECOVER_AGAIN_MS, () => void this.recover(left));
  }

  hosts(shard: number): boolean {
    return this.deps.system.hosts(shard);
  }

  async retire(shard: number, deadlineMs: number): Promise<void> {
    const { system, idIndex, clock } = this.deps;
    const end = clock.monotonic() + deadlineMs;
    // What is not written the next owner puts in again.
    const flush = (): Promise<void> => idIndex.flush(shard).catch(() => undefined);
    const early = flush();
    await system.retire(shard, deadlineMs);
    const left = end - clock.monotonic();
    if (left <= 0) return;
    await Promise.race([early.then(flush), sleep(clock, left)]);
  }

  end(shard: number): void {
    this.deps.system.end(shard);
    this.deps.idIndex.forget(shard);
  }

  fenced(): void {
    this.deps.committer.lose();
  }
}
