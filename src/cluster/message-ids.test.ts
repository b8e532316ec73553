import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDS_PER_MILLISECOND, type MessageId, messageIdShard, messageIdTime } from '../core/message-id.js';
import type { OwnershipStore, ShardOwner } from '../core/store.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { IdFloors } from './id-floors.js';
import { ID_FLOOR_AHEAD_MS, MessageIdGenerator } from './message-ids.js';

/** One shard's row in the store, and owners of it one after another. */
class Shard {
  readonly clock = new FakeClock();
  row = { term: 0, idFloorMs: 0 };
  raises = 0;

  claim(): MessageIdGenerator {
    const startMs = this.row.idFloorMs;
    const floorMs = Math.max(this.clock.now(), startMs) + ID_FLOOR_AHEAD_MS;
    this.row = { term: this.row.term + 1, idFloorMs: floorMs };
    const store: Pick<OwnershipStore, 'changeOwners'> = {
      changeOwners: async (changes) => changes.map(({ next }) => this.raise(next)),
    };
    const floors = new IdFloors(store as OwnershipStore, 'me', this.clock);
    return new MessageIdGenerator({ shard: 77, term: this.row.term, startMs, floorMs }, this.clock, floors);
  }

  private raise({ term, idFloorMs }: Omit<ShardOwner, 'shard'>): boolean {
    this.raises++;
    if (term !== this.row.term) return false;
    this.row = { term, idFloorMs };
    return true;
  }

  async next(generator: MessageIdGenerator, last?: MessageId): Promise<MessageId> {
    for (;;) {
      const id = generator.next(last);
      if (id !== undefined) return id;
      const waiting = generator.wait();
      await this.clock.advance(waiting === undefined ? 1_000 : 0);
      await waiting;
    }
  }
}

describe('message ids', () => {
  it('hold the time and the shard, and 64 of one millisecond before they borrow from the next', async () => {
    const shard = new Shard();
    const generator = shard.claim();
    await shard.clock.advance(1);
    const at = shard.clock.now();
    const ids = Array.from({ length: 3 * IDS_PER_MILLISECOND }, () => generator.next(undefined));
    const times = ids.map((id) => (id === undefined ? 0 : messageIdTime(id) - at));
    expect(times).toEqual(
      Array.from({ length: 3 * IDS_PER_MILLISECOND }, (_, i) => Math.floor(i / IDS_PER_MILLISECOND)),
    );
    expect(ids.every((id) => id !== undefined && messageIdShard(id) === 77)).toBe(true);
  });

  it('are above the channel’s last one, whatever the clock says', () => {
    const shard = new Shard();
    const first = shard.claim().next(undefined);
    const other = new Shard();
    other.clock.jump(-4_000);
    const next = other.claim().next(first);
    expect(next !== undefined && first !== undefined && next.greaterThan(first)).toBe(true);
  });

  it('stay below the floor that the store holds', async () => {
    const shard = new Shard();
    const generator = shard.claim();
    for (let i = 0; i < 200; i++) {
      const id = await shard.next(generator);
      expect(messageIdTime(id)).toBeLessThan(shard.row.idFloorMs);
      await shard.clock.advance(137);
    }
    expect(shard.raises).toBeGreaterThan(2);
    expect(shard.raises).toBeLessThan(20);
  });

  it('are never the same twice and always grow, across owners, wrapped terms and clocks that jump', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('issue' as const), count: fc.integer({ min: 1, max: 150 }) }),
      fc.record({ type: fc.constant('jump' as const), byMs: fc.integer({ min: -60_000, max: 60_000 }) }),
      fc.record({ type: fc.constant('owners' as const), count: fc.integer({ min: 1, max: 17 }) }),
      fc.record({ type: fc.constant('pass' as const), ms: fc.nat(20_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const shard = new Shard();
        let generator = shard.claim();
        let last: MessageId | undefined;
        for (const action of steps) {
          if (action.type === 'jump') shard.clock.jump(action.byMs);
          else if (action.type === 'pass') await shard.clock.advance(action.ms);
          else if (action.type === 'owners') for (let i = 0; i < action.count; i++) generator = shard.claim();
          else {
            for (let i = 0; i < action.count; i++) {
              const id = await shard.next(generator);
              expect(last === undefined || id.greaterThan(last)).toBe(true);
              last = id;
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
