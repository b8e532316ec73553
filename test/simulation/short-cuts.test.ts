/**
 * One log, and two take-overs at every point of its owners' work, in every order in which the stopped ones go on: what was
 * acknowledged or shown stays. With a short cut of docs/ARCHITECTURE.md, Ownership, some of it does not. The short cuts that
 * need more than one log to do harm are in cluster-short-cuts.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { Committer } from '../../src/cluster/committer.js';
import { OwnedLog } from '../../src/cluster/owned-log.js';
import { silentLogger } from '../../src/core/logger.js';
import type { Storage } from '../../src/core/store.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { openMemory } from '../../src/storage/memory/memory-storage.js';
import {
  checkBeforeWrite,
  type Detour,
  honest,
  indexNotAwaited,
  noCheck,
  noIndex,
  notWrittenAgain,
  parallelCheck,
  type ShortCut,
  shownUnchecked,
  tailBeforeClaim,
} from './short-cuts.js';

const LOG = 'channel:x';
/** What clients send (again) to each owner: in orders that differ, since they come from several. */
const SENDS = [
  ['one', 'two', 'three'],
  ['three', 'two', 'one'],
  ['two', 'three', 'one'],
] as const;
const CALLS_MAX = 10;

/** Where an owner is stopped: before or after its call number `call` of the store takes effect. */
interface Stop {
  readonly call: number;
  readonly before: boolean;
}

class Owner {
  /** Text and position. */
  readonly acknowledged: [text: string, seq: number][] = [];
  readonly shown: string[] = [];
  readonly clock = new FakeClock();
  readonly incarnation: string;
  private readonly storage: Storage;
  private readonly detour: Detour;
  private readonly term: number;
  private calls = 0;
  private goesOn: () => void = () => undefined;
  private readonly stopped: Promise<void>;

  constructor(place: MemoryPlace, term: number, shortCut: ShortCut, stop?: Stop) {
    this.incarnation = `owner${term}`;
    this.term = term;
    this.stopped = new Promise((resolve) => {
      this.goesOn = resolve;
    });
    const { incarnation, clock } = this;
    this.detour = shortCut({ incarnation, clock, place, logs: [LOG], below: (bound) => bound - 1 });
    place.insertFence(incarnation);
    const storage = openMemory({
      ...{ place, incarnation, fencesWrites: false },
      around: async (operation, apply) => {
        const stops = operation.type !== 'readOwners' && this.calls++ === stop?.call;
        if (stops && stop?.before) await this.stopped;
        const answer = apply();
        if (stops && !stop?.before) await this.stopped;
        return answer;
      },
    });
    this.storage = this.detour.storage?.(storage) ?? storage;
  }

  /** Reads the rows of the owners, as before a claim. */
  lookAround(): void {
    void this.storage.ownership.readOwners();
  }

  goOn(): void {
    this.goesOn();
  }

  /** Takes the log over and appends, one after another, what clients send (again) and the log does not hold. */
  async work(sends: readonly string[]): Promise<void> {
    const { clock, incarnation, storage, term } = this;
    const onFenced = (): void => undefined;
    const committer = new Committer({ storage, incarnation, clock, logger: silentLogger, flushesMax: 1, onFenced });
    const plain = { store: storage.messages, committer };
    const epoch = { term, sub: 1 };
    const ports = this.detour.opening?.(LOG, epoch, plain) ?? plain;
    const log = await OwnedLog.activate({ ...ports, openPositionsMax: 8 }, LOG, epoch, 0, ({ body }) => {
      this.shown.push(Buffer.from(body).toString());
    });
    for (const text of sends.filter((send) => !this.shown.includes(send))) {
      const committed = (): void => void this.acknowledged.push([text, seq]);
      const seq = log.append(Buffer.from(text), [], { committed, refused: () => undefined });
      await new Promise<void>((resolve) => clock.defer(resolve));
    }
  }
}

/** When the first owner goes on: before it is fenced, before or after the second take-over, or after all others. */
const ORDERS = ['before its fence', 'before the second take-over', 'before the second owner', 'last'] as const;
type Order = (typeof ORDERS)[number];

async function settled(...owners: Owner[]): Promise<void> {
  for (const owner of owners) await owner.clock.advance(1_000);
}

/** Returns what was acknowledged or shown at a position and is not there now, and what is there twice. */
async function takeOvers(shortCut: ShortCut, first: Stop, second: Stop, order: Order): Promise<string[]> {
  const place = new MemoryPlace();
  const owners = [new Owner(place, 1, shortCut, first), new Owner(place, 2, shortCut, second)] as const;
  const third = new Owner(place, 3, shortCut);
  const [old, next] = owners;
  const goesOn = async (at: Order): Promise<void> => {
    if (at !== order) return;
    old.goOn();
    await settled(old);
  };
  void old.work(SENDS[0]);
  await settled(old);
  next.lookAround();
  await goesOn('before its fence');
  place.fence(old.incarnation);
  void next.work(SENDS[1]);
  await settled(next);
  third.lookAround();
  place.fence(next.incarnation);
  await goesOn('before the second take-over');
  void third.work(SENDS[2]);
  await settled(third);
  await goesOn('before the second owner');
  next.goOn();
  await settled(next);
  await goesOn('last');
  for (const owner of [...owners, third]) await owner.clock.advance(20_000);
  const last = new Owner(place, 4, shortCut === noIndex ? noIndex : honest);
  void last.work([]);
  await settled(last);
  const twice = last.shown.filter((text, at) => last.shown.indexOf(text) !== at);
  const gone = [old, next, third].flatMap((owner) => [
    ...owner.acknowledged.flatMap(([text, seq]) => (last.shown[seq - 1] === text ? [] : [text])),
    ...owner.shown.filter((text, at) => last.shown[at] !== text),
  ]);
  return [...gone.map((text) => `gone: ${text}`), ...twice.map((text) => `twice: ${text}`)];
}

function* schedules(): Generator<readonly [Stop, Stop, Order]> {
  const stops = Array.from({ length: 2 * CALLS_MAX }, (_, i) => ({ call: i >> 1, before: i % 2 === 0 }));
  for (const first of stops) for (const second of stops) for (const order of ORDERS) yield [first, second, order];
}

/** The first schedule that does harm. */
async function harm(shortCut: ShortCut): Promise<string | undefined> {
  for (const [first, second, order] of schedules()) {
    const wrong = await takeOvers(shortCut, first, second, order);
    if (wrong.length > 0) return `${wrong.join()} ${JSON.stringify({ first, second, order })}`;
  }
  return undefined;
}

describe('two take-overs at any points of their owners’ work', () => {
  it('leave what was acknowledged or shown as it was', async () => {
    expect(await harm(honest)).toBeUndefined();
  }, 120_000);

  it.each(
    Object.entries({
      'no check': noCheck,
      'a check before the write': checkBeforeWrite,
      'a fence read in parallel with the write': parallelCheck,
      'a tail that is read before the claim': tailBeforeClaim,
      'adopted rows not written again': notWrittenAgain,
      'adopted rows shown without a fence read of their own': shownUnchecked,
      'no epoch index': noIndex,
      'an index write that is not awaited': indexNotAwaited,
    }),
  )(
    'change something with %s',
    async (_, shortCut) => {
      expect(await harm(shortCut)).toBeDefined();
    },
    120_000,
  );
});
