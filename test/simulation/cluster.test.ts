import { describe, expect, it, vi } from 'vitest';
import { runCluster } from './cluster.js';

// Checkpoints, passivation and full windows come often enough for a short run to meet them; few shards, so that it is quick.
vi.mock('../../src/core/limits.js', async (original) => {
  const { LIMITS } = await original<typeof import('../../src/core/limits.js')>();
  return { LIMITS: { ...LIMITS, checkpointEvery: 8, openPositionsMax: 12, channelIdleMs: 2_000, userIdleMs: 2_000 } };
});
vi.mock('../../src/core/ids.js', async (original) => {
  const ids = await original<typeof import('../../src/core/ids.js')>();
  const shardOf: typeof ids.shardOf = (actor) => ids.shardOf(actor) % 32;
  return { ...ids, SHARD_COUNT: 32, shardOf };
});

/** SEEDS=n runs more of them, SEED=n that one alone. */
const COUNT = Number(process.env.SEEDS ?? 12);
const ONE = process.env.SEED;
const seeds = ONE === undefined ? Array.from({ length: COUNT }, (_, i) => i + 1) : [Number(ONE)];

describe('a cluster under faults', () => {
  it('keeps G1 to G4 through crashes, pauses, drains, partitions, a failing store and jumping clocks', async () => {
    let acknowledged = 0;
    for (const seed of seeds) {
      const result = await runCluster(seed);
      expect(result.findings, `seed ${seed}: SEED=${seed} runs it again`).toEqual([]);
      acknowledged += result.acknowledged;
    }
    expect(acknowledged).toBeGreaterThan(seeds.length * 20);
  }, 3_600_000);
});
