/**
 * The short cuts of docs/ARCHITECTURE.md, Ownership, as mutations: each is played by a store that lies in the way the
 * short cut would, and a take-over at every point of an owner's work must show the harm. Without a lie, none does.
 */
import { describe, expect, it } from 'vitest';
import { Committer } from '../../src/cluster/committer.js';
import { OwnedLog } from '../../src/cluster/owned-log.js';
import { FakeClock } from '../../src/core/fake-clock.js';
import { silentLogger } from '../../src/core/logger.js';
import type { FenceState, Storage, StoreWrite } from '../../src/core/store.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { type Around, openMemory } from '../../src/storage/memory/memory-storage.js';

const LOG = 'channel:x';
const SENDS = ['one', 'two', 'three'];

/** What an owner's store does to it. */
type Lie = (storage: Storage, place: MemoryPlace, clock: FakeClock) => Storage;

const honest: Lie = (storage) => storage;

function lyingFence(storage: Storage, readFence: () => Promise<FenceState | undefined>): Storage {
  return { ...storage, ownership: { ...storage.ownership, readFence } };
}

function lyingWrites(storage: Storage, write: (batch: readonly StoreWrite[]) => Promise<void>): Storage {
  return { ...storage, messages: { ...storage.messages, write } };
}

const LIES: Record<string, Lie> = {
  'no check': (storage) => lyingFence(storage, () => Promise.resolve('live')),
  'a check before the write': (storage) => {
    let seen: FenceState | undefined;
    const checked = lyingWrites(storage, async (batch) => {
      seen = await storage.ownership.readFence('old');
      await storage.messages.write(batch);
    });
    return lyingFence(checked, () => Promise.resolve(seen));
  },
  'a fence read in parallel with the write': (storage) => {
    let seen: Promise<FenceState | undefined> = Promise.resolve(undefined);
    const parallel = lyingWrites(storage, async (batch) => {
      seen = storage.ownership.readFence('old');
      await storage.messages.write(batch);
    });
    return lyingFence(parallel, () => seen);
  },
  'no epoch index': (storage) =>
    lyingWrites(storage, (batch) => storage.messages.write(batch.filter((write) => write.type !== 'epoch'))),
  'an index write that is not awaited': (storage, place, clock) =>
    lyingWrites(storage, async (batch) => {
      const index = batch.filter((write) => write.type === 'epoch');
      if (index.length > 0) clock.after(60_000, () => place.apply(index));
      const rest = batch.filter((write) => write.type !== 'epoch');
      if (rest.length > 0) await storage.messages.write(rest);
    }),
};

class Owner {
  readonly acknowledged: string[] = [];
  shown: string[] = [];
  readonly clock = new FakeClock();
  private readonly incarnation: string;
  private readonly term: number;
  private readonly storage: Storage;

  constructor(place: MemoryPlace, term: number, incarnation: string, lie: Lie, around: Around) {
    this.incarnation = incarnation;
    this.term = term;
    const storage = openMemory({ place, incarnation, fencesWrites: false, around });
    this.storage = lie(storage, place, this.clock);
    place.insertFence(incarnation);
  }

  /** Takes the log over and appends what it is given, one after another. */
  async work(sends: readonly string[], prefix: string): Promise<void> {
    const { clock, incarnation, storage, term } = this;
    const onFenced = () => undefined;
    const committer = new Committer({ storage, incarnation, clock, logger: silentLogger, flushesMax: 1, onFenced });
    const deps = { store: storage.messages, committer, openPositionsMax: 8 };
    const log = await OwnedLog.activate(deps, LOG, { term, sub: 1 }, 0, ({ body }) => {
      this.shown.push(Buffer.from(body).toString());
    });
    for (const send of sends) {
      const text = `${prefix} ${send}`;
      const row = Buffer.from(text);
      log.append(
        row,
        [],
        () => this.acknowledged.push(text),
        () => undefined,
      );
      await new Promise<void>((resolve) => clock.defer(resolve));
    }
  }
}

const plainly: Around = async (_operation, apply) => apply();

async function settled(...owners: Owner[]): Promise<void> {
  for (const owner of owners) await owner.clock.advance(1_000);
}

/**
 * The old owner is stopped before, or after, its call number `at` of the store; the new one takes over and works; then
 * the old one goes on. Returns what was acknowledged and is not in the log at the end, and rows that took another's place.
 */
async function takeOver(lie: Lie, at: number, before: boolean): Promise<string[]> {
  const place = new MemoryPlace();
  let calls = 0;
  let goOn: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const around: Around = async (_operation, apply) => {
    const stops = calls++ === at;
    if (stops && before) await stopped;
    const answer = apply();
    if (stops && !before) await stopped;
    return answer;
  };
  const old = new Owner(place, 1, 'old', lie, around);
  void old.work(SENDS, 'old');
  await settled(old);
  place.fence('old');
  const next = new Owner(place, 2, 'new', lie === LIES['no check'] ? lie : withoutFenceLies(lie), plainly);
  void next.work(SENDS, 'new');
  await settled(next);
  goOn();
  await settled(old, next);
  place.fence('new');
  const last = new Owner(place, 3, 'last', honest, plainly);
  void last.work([], 'last');
  await settled(last);
  return [...old.acknowledged, ...next.acknowledged].filter((text) => !last.shown.includes(text));
}

/** Lies about the fence are the old owner's; those about writes are everybody's. */
function withoutFenceLies(lie: Lie): Lie {
  return (storage, place, clock) => ({ ...lie(storage, place, clock), ownership: storage.ownership });
}

async function lostAnywhere(lie: Lie): Promise<string[]> {
  const lost: string[] = [];
  for (let at = 0; at < 14; at++)
    for (const before of [true, false])
      for (const text of await takeOver(lie, at, before))
        lost.push(`${text}, stopped ${before ? 'before' : 'after'} call ${at}`);
  return lost;
}

describe('a take-over at any point of an owner’s work', () => {
  it('loses nothing that was acknowledged', async () => {
    expect(await lostAnywhere(honest)).toEqual([]);
  });

  it.each(Object.entries(LIES))('loses something with %s', async (_, lie) => {
    expect(await lostAnywhere(lie)).not.toEqual([]);
  });
});
