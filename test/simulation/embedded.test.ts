import { describe, expect, it, vi } from 'vitest';
import { runEmbedded } from './embedded.js';

// Checkpoints, passivation and full windows come often enough for a short run to meet them.
vi.mock('../../src/core/limits.js', async (original) => {
  const { LIMITS } = await original<typeof import('../../src/core/limits.js')>();
  return { LIMITS: { ...LIMITS, checkpointEvery: 8, openPositionsMax: 12, channelIdleMs: 2_000, userIdleMs: 2_000 } };
});

/** SEEDS=n runs more of them, SEED=n that one alone. */
const COUNT = Number(process.env.SEEDS ?? 200);
const ONE = process.env.SEED;
const seeds = ONE === undefined ? Array.from({ length: COUNT }, (_, i) => i + 1) : [Number(ONE)];

describe('the embedded form under faults', () => {
  it('keeps G1 to G4 through crashes, a paused owner, a failing store and a lossy bus', async () => {
    let acknowledged = 0;
    const faults = new Map<string, number>();
    for (const seed of seeds) {
      const result = await runEmbedded(seed);
      expect(result.findings, `seed ${seed}: SEED=${seed} runs it again`).toEqual([]);
      acknowledged += result.acknowledged;
      for (const [name, count] of result.faults) faults.set(name, (faults.get(name) ?? 0) + count);
    }
    expect(acknowledged).toBeGreaterThan(seeds.length * 50);
  }, 3_600_000);
});
