import { describe, expect, it } from 'vitest';
import { FakeClock } from '../core/testing/fake-clock.js';
import { HEARTBEAT_MS, Heartbeats, SILENCE_MS } from './heartbeats.js';

function setup() {
  const clock = new FakeClock();
  const heartbeats = new Heartbeats('self', clock);
  /** For three heartbeats, each time of this process and of those who say whether they reach the store. */
  const hear = async (others: Readonly<Record<string, boolean>> = {}): Promise<void> => {
    for (let passedMs = 0; passedMs < SILENCE_MS; passedMs += HEARTBEAT_MS) {
      await clock.advance(HEARTBEAT_MS);
      heartbeats.note('self', true);
      for (const [other, storeReachable] of Object.entries(others)) heartbeats.note(other, storeReachable);
    }
  };
  return { clock, heartbeats, hear };
}

describe('who is heard on the bus', () => {
  it('is silent since the last heartbeat once three are missed, and not when heard again', async () => {
    const { clock, heartbeats, hear } = setup();
    await hear({ other: true });
    const lastMs = clock.monotonic();
    expect(heartbeats.silentSinceMs('other')).toBeUndefined();
    await hear();
    expect(heartbeats.silentSinceMs('other')).toBe(lastMs);
    heartbeats.note('other', true);
    expect(heartbeats.silentSinceMs('other')).toBeUndefined();
  });

  it('is called silent only by who has heard itself for as long without a gap', async () => {
    const { clock, heartbeats, hear } = setup();
    expect(heartbeats.silentSinceMs('never')).toBeUndefined();
    await hear({ other: true });
    await clock.advance(10 * SILENCE_MS); // paused, or cut off
    expect(heartbeats.silentSinceMs('other')).toBeUndefined();
    await hear();
    expect(heartbeats.silentSinceMs('other')).toBeUndefined();
    await hear();
    expect([heartbeats.silentSinceMs('other'), heartbeats.silentSinceMs('never')]).not.toContain(undefined);
  });

  it('is unhealthy, if not silent, after three heartbeats that do not reach the store', async () => {
    const { heartbeats, hear } = setup();
    await hear({ other: true });
    expect(heartbeats.isUnhealthy('other')).toBe(false);
    await hear({ other: false });
    expect([heartbeats.isUnhealthy('other'), heartbeats.silentSinceMs('other')]).toEqual([true, undefined]);
  });

  it('is without the store only while somebody else reaches it', async () => {
    const { heartbeats, hear } = setup();
    await hear({ other: false });
    expect([heartbeats.withoutStore('other'), heartbeats.withoutStore('self')]).toEqual([true, false]);
    heartbeats.note('self', false);
    expect([heartbeats.withoutStore('other'), heartbeats.withoutStore('self')]).toEqual([false, false]);
  });
});
