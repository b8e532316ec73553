import { setTimeout as sleep } from 'node:timers/promises';
import { SHARD_COUNT } from '../../src/core/ids.js';

const LOOK_EVERY_MS = 50;

export const isEveryShardOwned = (owned: readonly number[]): boolean =>
  owned.reduce((sum, count) => sum + count, 0) === SHARD_COUNT;

/** Waits until every shard has its owner, or for what is `enough`, by what each node counts; rejects when the time is over. */
export async function untilOwned(
  countOwned: () => Promise<readonly number[]>,
  withinMs: number,
  enough = isEveryShardOwned,
): Promise<void> {
  for (const endMs = performance.now() + withinMs; ; await sleep(LOOK_EVERY_MS)) {
    const owned = await countOwned();
    if (enough(owned)) return;
    if (performance.now() > endMs) throw new Error(`of ${SHARD_COUNT} shards are owned: ${owned.join(' ')}`);
  }
}
