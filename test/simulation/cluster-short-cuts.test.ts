/** The short cuts that do harm in a whole cluster: each is caught within a bounded number of seeds, in rough weather. */
import { describe, expect, it, vi } from 'vitest';
import { SendMemory } from '../../src/actors/channel/send-memory.js';
import { Inbox } from '../../src/actors/user/inbox.js';
import { runCluster } from './cluster.js';
import type { Weather } from './faults.js';
import { claimNotAwaited, honest, indexNotAwaited, leaseKept, type ShortCut } from './short-cuts.js';

vi.mock('../../src/core/limits.js', async (original) => {
  const { LIMITS } = await original<typeof import('../../src/core/limits.js')>();
  return { LIMITS: { ...LIMITS, checkpointEvery: 8, openPositionsMax: 12, channelIdleMs: 2_000, userIdleMs: 2_000 } };
});
vi.mock('../../src/core/ids.js', async (original) => {
  const ids = await original<typeof import('../../src/core/ids.js')>();
  const shardOf: typeof ids.shardOf = (actor) => ids.shardOf(actor) % 32;
  return { ...ids, SHARD_COUNT: 32, shardOf };
});

const SEEDS_MAX = 80;
const ROUGH: Weather = {
  ...{ 'network splits': 6, pause: 3, drain: 4, 'slow store': 4, 'write lands late': 2 },
  ...{ 'change never lands': 4, 'answer to a change lost': 4 },
};
/** With more releases, and more of them in doubt. */
const MANY_DOUBTS: Weather = { ...ROUGH, drain: 8, 'change never lands': 8, 'answer to a change lost': 8 };

/** Replaces a getter of a class; returns what puts it back. */
function replaceGetter<Thing extends object>(
  type: { readonly prototype: Thing },
  name: keyof Thing,
  get: (real: object) => unknown,
): () => void {
  const real = Object.getOwnPropertyDescriptor(type.prototype, name);
  const read = real?.get;
  if (real === undefined || read === undefined) throw new Error(`${String(name)} is no getter`);
  Object.defineProperty(type.prototype, name, {
    configurable: true,
    get(this: Thing) {
      return get(Object(read.call(this)));
    },
  });
  return () => void Object.defineProperty(type.prototype, name, real);
}

/** By the guarantee, not by a run that comes to no end. */
const breaksGuarantee = (findings: readonly string[]): boolean => findings.some((finding) => /^G[1-4] /.test(finding));

async function caughtAt(shortCut: ShortCut, weather: Weather = ROUGH): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { findings } = await runCluster(seed, { shortCut, weather });
    if (breaksGuarantee(findings)) return seed;
  }
  return undefined;
}

describe('a short cut in a cluster in rough weather', () => {
  it.each([
    ['a claim that is not awaited', claimNotAwaited, ROUGH],
    ['an index write that is not awaited', indexNotAwaited, ROUGH],
    ['a lease kept after a release in doubt', leaseKept, MANY_DOUBTS],
  ] as const)(
    'is caught: %s',
    async (_, shortCut, weather) => {
      expect(await caughtAt(shortCut, weather)).toBeDefined();
    },
    120_000,
  );

  it('is caught: a cursor that is not cut at a later epoch’s start', async () => {
    const uncut = { epochs: [], startSeq: Number.POSITIVE_INFINITY };
    const restore = replaceGetter(Inbox, 'extent', (extent) => ({ ...extent, ...uncut }));
    expect(await caughtAt(honest).finally(restore)).toBeDefined();
  }, 120_000);

  it('is caught: dedup by memory alone', async () => {
    const restore = replaceGetter(SendMemory, 'knownAbove', () => 0);
    expect(await caughtAt(honest).finally(restore)).toBeDefined();
  }, 120_000);
});

describe('a cluster in rough weather without short cuts', () => {
  it('breaks no guarantee', async () => {
    for (let seed = 1; seed <= 4; seed++)
      expect((await runCluster(seed, { weather: ROUGH })).findings, `seed ${seed}`).toEqual([]);
  }, 120_000);

  it('gives no message id twice over twenty owner changes while clocks jump by an hour either way', async () => {
    const weather = { 'clock jumps': 12, drain: 8, crash: 3 };
    let [changes, jumps] = [0, 0];
    for (let seed = 101; changes < 20 || jumps < 20; seed++) {
      const { findings, ownerChanges, faults } = await runCluster(seed, { weather });
      expect(findings, `seed ${seed}`).toEqual([]);
      changes += ownerChanges;
      jumps += faults.get('clock jumps') ?? 0;
    }
  }, 120_000);
});
