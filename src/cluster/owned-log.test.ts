import { describe, expect, it } from 'vitest';
import { gate, ScriptedStore } from '../../test/actors/scripted-store.js';
import { silentLogger } from '../core/logger.js';
import type { StoreWrite } from '../core/store.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { Committer } from './committer.js';
import { epochAt, OwnedLog } from './owned-log.js';

const LOG = 'channel:x';
const bytes = (text: string): Uint8Array => Buffer.from(text);
const row = (seq: number, term: number, text = `${seq}@${term}`): StoreWrite => ({
  type: 'row',
  log: LOG,
  row: { seq, epoch: { term, sub: 1 }, body: bytes(text) },
});
const entry = (term: number, startSeq: number): StoreWrite => ({
  type: 'epoch',
  log: LOG,
  entry: { epoch: { term, sub: 1 }, startSeq },
});

class Owner {
  readonly replayed: string[] = [];
  readonly outcomes: string[] = [];
  readonly clock: FakeClock;
  private readonly deps: ConstructorParameters<typeof Committer>[0];
  private readonly term: number;
  private opened: OwnedLog | undefined;

  constructor(store: ScriptedStore, term: number, clock = new FakeClock()) {
    const incarnation = `node${term}`;
    store.place.insertFence(incarnation);
    this.term = term;
    this.clock = clock;
    const storage = store.open(incarnation, false);
    const onFenced = () => this.outcomes.push('fenced');
    this.deps = { storage, incarnation, clock, logger: silentLogger, flushesMax: 1, onFenced };
  }

  get log(): OwnedLog {
    if (this.opened === undefined) throw new Error('not activated');
    return this.opened;
  }

  get active(): boolean {
    return this.opened !== undefined;
  }

  async activate(headHint = 0, openPositionsMax = 4): Promise<this> {
    const logDeps = { store: this.deps.storage.messages, committer: new Committer(this.deps), openPositionsMax };
    const epoch = { term: this.term, sub: 1 };
    const replay = ({ body }: { body: Uint8Array }) => this.replayed.push(Buffer.from(body).toString());
    void OwnedLog.activate(logDeps, LOG, epoch, headHint, replay).then((log) => {
      this.opened = log;
    });
    await this.clock.settle();
    return this;
  }

  append(text: string): void {
    this.log.append(bytes(text), [], {
      committed: () => this.outcomes.push(text),
      refused: (error) => this.outcomes.push(`${error.kind} ${text}`),
    });
  }

  async read(from = 1, to = 1_000, limit = 1_000): Promise<string[]> {
    return (await this.log.read(from, to, limit)).map(({ body }) => Buffer.from(body).toString());
  }
}

function stored(...writes: StoreWrite[]): ScriptedStore {
  const store = new ScriptedStore();
  store.place.apply(writes);
  return store;
}

const startsOf = (store: ScriptedStore): string[] =>
  store.place.epochs(LOG).map(({ epoch, startSeq }) => `${epoch.term}>${startSeq}`);

describe('an owned log', () => {
  it('starts empty, writes its index before its first row, and needs neither twice', async () => {
    const store = stored();
    const owner = await new Owner(store, 1).activate();
    expect(store.batches).toEqual([]);
    expect([store.count('readEpochs'), store.count('readRows')]).toEqual([1, 0]);
    owner.append('a');
    owner.append('b');
    expect(owner.log.settled).toBe(false);
    await owner.clock.settle();
    owner.append('c');
    await owner.clock.settle();
    expect(store.batches).toEqual([[entry(1, 1)], [row(1, 1, 'a'), row(2, 1, 'b')], [row(3, 1, 'c')]]);
    expect(owner.outcomes).toEqual(['a', 'b', 'c']);
    expect(owner.log).toMatchObject({ committedHead: 3, assignedHead: 3, settled: true });
  });

  it('writes no row while its index entry is in doubt', async () => {
    const store = stored();
    const owner = await new Owner(store, 1).activate();
    const indexed = gate();
    store.next('write', { answerAfter: indexed.opened });
    owner.append('a');
    await owner.clock.settle();
    expect(store.place.rows(LOG, 1, 9, 9)).toEqual([]);
    indexed.open();
    await owner.clock.settle();
    expect(owner.outcomes).toEqual(['a']);
  });

  it('takes over what is in order and belongs to its epoch, and nothing after a gap', async () => {
    const store = stored(entry(1, 1), row(1, 1), row(2, 1), row(4, 1));
    const owner = await new Owner(store, 2).activate();
    expect(owner.replayed).toEqual(['1@1', '2@1']);
    expect(owner.log.committedHead).toBe(2);
  });

  it('ignores for ever a late row of an epoch that has ended', async () => {
    const store = stored(entry(1, 1), row(1, 1), entry(2, 2), row(2, 1), row(2, 2));
    const owner = await new Owner(store, 3).activate();
    expect(owner.replayed).toEqual(['1@1', '2@2']);
    store.place.apply([row(3, 1)]);
    owner.append('three');
    await owner.clock.settle();
    store.place.apply([row(3, 2)]);
    expect(await owner.read()).toEqual(['1@1', '2@2', 'three']);
    expect((await new Owner(store, 4).activate()).replayed).toEqual(['1@1', '2@2', 'three']);
  });

  it('begins behind its hint', async () => {
    const store = stored(entry(1, 1), row(1, 1), row(2, 1), row(3, 1));
    expect((await new Owner(store, 2).activate(2)).replayed).toEqual(['3@1']);
    const idle = await new Owner(store, 3).activate(3);
    expect(idle.replayed).toEqual([]);
    expect(idle.log.committedHead).toBe(3);
  });

  it('writes what it adopts again, its newest openPositionsMax rows, and seals the log behind them', async () => {
    const store = stored(entry(1, 1), ...[1, 2, 3, 4, 5, 6].map((seq) => row(seq, 1)));
    const owner = await new Owner(store, 2).activate(0, 2);
    expect(store.batches).toEqual([[row(5, 2, '5@1'), row(6, 2, '6@1')], [entry(2, 5)]]);
    expect(owner.log.startSeq).toBe(7);
    expect(await owner.read()).toEqual(['1@1', '2@1', '3@1', '4@1', '5@1', '6@1']);
  });

  it('takes off the index what decides no position beside its own entry, and keeps what does', async () => {
    const store = stored(entry(1, 1), row(1, 1), row(2, 1), entry(2, 3), row(3, 2), entry(3, 4));
    const fourth = await new Owner(store, 4).activate(3);
    fourth.append('four');
    await fourth.clock.settle();
    expect(startsOf(store)).toEqual(['1>1', '2>3', '4>4']);
    expect(fourth.log.epochs.map(({ startSeq }) => startSeq)).toEqual([1, 3, 4, 4]);
    const fifth = await new Owner(store, 5).activate(0, 2);
    expect(startsOf(store)).toEqual(['1>1', '5>3']);
    expect(await fifth.read()).toEqual(['1@1', '2@1', '3@2', 'four']);
    expect((await new Owner(store, 6).activate()).replayed).toEqual(['1@1', '2@1', '3@2', 'four']);
    expect(startsOf(store)).toEqual(['6>1']);
  });

  it('takes nothing off the index before a fence read after its own entry says that it lives', async () => {
    const store = stored(entry(1, 1), row(1, 1));
    const owner = new Owner(store, 2);
    const checked = gate();
    store.next('readFence', {});
    store.next('readFence', { until: checked.opened });
    await owner.activate();
    expect(startsOf(store)).toEqual(['1>1', '2>1']);
    store.place.fence('node2');
    checked.open();
    await owner.clock.settle();
    expect(startsOf(store)).toEqual(['1>1', '2>1']);
  });

  it('is not active before a fence read after its index write says that it lives', async () => {
    const store = stored(entry(1, 1), row(1, 1));
    const owner = new Owner(store, 2);
    const [rowsChecked, indexChecked] = [gate(), gate()];
    store.next('readFence', { until: rowsChecked.opened });
    store.next('readFence', { until: indexChecked.opened });
    await owner.activate();
    expect(store.batches).toHaveLength(1);
    rowsChecked.open();
    await owner.clock.settle();
    expect(store.batches).toHaveLength(2);
    expect([owner.active, owner.replayed]).toEqual([false, []]);
    indexChecked.open();
    await owner.clock.settle();
    expect([owner.active, owner.replayed]).toEqual([true, ['1@1']]);
  });

  it('never shows what it adopted when it was fenced meanwhile', async () => {
    const store = stored(entry(1, 1), row(1, 1));
    const owner = new Owner(store, 2);
    const indexed = gate();
    store.next('write', {});
    store.next('write', { until: indexed.opened });
    await owner.activate();
    store.place.fence('node2');
    indexed.open();
    await owner.clock.settle();
    expect([owner.active, owner.replayed, owner.outcomes]).toEqual([false, [], ['fenced']]);
  });

  it('keeps what it adopted when an index entry of an owner in between lands late', async () => {
    // Owner 1's rows 2 and 3 were on their way when owner 2 read the log; owner 2's index entry is on its way until
    // owner 3, who found them, has adopted them.
    const store = stored(entry(1, 1), row(1, 1));
    const second = await new Owner(store, 2).activate(1);
    const late = gate();
    store.next('write', { until: late.opened });
    second.append('never acknowledged');
    await second.clock.settle();
    store.place.apply([row(2, 1), row(3, 1)]);
    store.place.fence('node2');
    const third = await new Owner(store, 3).activate();
    third.append('four');
    await third.clock.settle();
    expect(third.outcomes).toEqual(['four']);
    late.open();
    await second.clock.settle();
    expect(second.outcomes).toEqual(['fenced']);
    expect(await third.read()).toEqual(['1@1', '2@1', '3@1', 'four']);
    expect((await new Owner(store, 4).activate()).replayed).toEqual(['1@1', '2@1', '3@1', 'four']);
  });

  it('commits in the order of positions, and gives room again as it does', async () => {
    const store = stored();
    const owner = await new Owner(store, 1).activate(0, 2);
    const durable = gate();
    owner.append('index');
    await owner.clock.settle();
    store.next('write', { until: durable.opened });
    owner.append('a');
    await owner.clock.settle();
    owner.append('b');
    await owner.clock.settle();
    expect(owner.log.hasRoom).toBe(false);
    expect(() => owner.append('c')).toThrow('hasRoom');
    expect([owner.log.committedHead, owner.log.assignedHead]).toEqual([1, 3]);
    expect(await owner.read()).toEqual(['index']);
    durable.open();
    await owner.clock.settle();
    expect(owner.outcomes).toEqual(['index', 'a', 'b']);
    expect(owner.log.hasRoom).toBe(true);
  });

  it('tells who appended when the store refuses the index or a row', async () => {
    const store = stored();
    const owner = await new Owner(store, 1).activate();
    store.next('write', { error: 'storage_full' });
    owner.append('a');
    await owner.clock.settle();
    expect(owner.outcomes).toEqual(['storage_full a']);
    const next = await new Owner(store, 2).activate();
    next.append('a');
    await next.clock.settle();
    store.next('write', { error: 'storage_full' });
    next.append('b');
    await next.clock.settle();
    expect(next.outcomes).toEqual(['a', 'storage_full b']);
  });

  it.each([1, 3, 10, 50])(
    'reads pages of %i without a gap where positions have rows of several epochs',
    async (limit) => {
      const late = Array.from({ length: 60 }, (_, i) => [row(i + 1, 1, 'late'), row(i + 1, 2, 'late'), row(i + 1, 3)]);
      const store = stored(entry(1, 1), entry(2, 1), entry(3, 1), ...late.flat());
      const owner = await new Owner(store, 4).activate(0, 100);
      const pages: string[] = [];
      for (let from = 1; from <= 60; from += limit) pages.push(...(await owner.read(from, 61, limit)));
      expect(pages).toEqual(Array.from({ length: 60 }, (_, i) => `${i + 1}@3`));
    },
  );

  it('reads a position that very many epochs wrote, as one that was taken over again and again before a checkpoint', async () => {
    const epochs = 600;
    const late = Array.from({ length: epochs }, (_, i) => row(2, i + 1, 'late'));
    const store = stored(entry(1, 1), entry(epochs + 1, 2), row(1, 1), ...late, row(2, epochs + 1), row(3, epochs + 1));
    const owner = await new Owner(store, epochs + 2).activate(0, 1);
    expect(owner.replayed).toEqual(['1@1', '2@601', '3@601']);
    expect([await owner.read(2, 3, 1), await owner.read(1, 4, 2)]).toEqual([['2@601'], ['1@1', '2@601']]);
  });

  it('takes over a tail of many pages with rows of several epochs', async () => {
    const rows = Array.from({ length: 700 }, (_, i) => [row(i + 1, 1, 'late'), row(i + 1, 2)]);
    const store = stored(entry(1, 1), entry(2, 1), ...rows.flat());
    const owner = await new Owner(store, 3).activate(0, 256);
    expect(owner.replayed).toEqual(Array.from({ length: 700 }, (_, i) => `${i + 1}@2`));
  });
});

describe('the epoch of a position', () => {
  it('is that of the newest entry at or below it', () => {
    const epochs = [
      { epoch: { term: 1, sub: 1 }, startSeq: 3 },
      { epoch: { term: 1, sub: 2 }, startSeq: 5 },
      { epoch: { term: 2, sub: 1 }, startSeq: 5 },
    ];
    expect([2, 3, 4, 5, 99].map((seq) => epochAt(epochs, seq))).toEqual([
      undefined,
      { term: 1, sub: 1 },
      { term: 1, sub: 1 },
      { term: 2, sub: 1 },
      { term: 2, sub: 1 },
    ]);
  });
});
