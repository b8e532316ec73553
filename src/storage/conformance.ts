/**
 * What every implementation of the storage ports must do: a list of checks that knows no test runner, so that a test
 * can also prove that it catches broken stores. Each check gets a place of its own, empty.
 */
import assert from 'node:assert/strict';
import type { Version } from '../core/epoch.js';
import { ParleyError } from '../core/errors.js';
import type { LogRow, OwnerChange, ShardOwner, Storage, StoredRecord, StoreWrite } from '../core/store.js';

export interface ConformancePlace {
  /** Opens the place for one incarnation; several handles may be open at once, and the same place may be opened again. */
  open(incarnation: string): Promise<Storage>;
  /** Whether a write by an incarnation that is not LIVE is refused in the same step. */
  readonly fencesWrites: boolean;
}

export interface ConformanceCheck {
  readonly name: string;
  run(place: ConformancePlace): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);
const version = (term: number, sub = 0, counter = 0): Version => ({ term, sub, counter });

const row = (log: string, seq: number, body: string, term = 1, sub = 0): StoreWrite => ({
  type: 'row',
  log,
  row: { seq, epoch: { term, sub }, body: bytes(body) },
});
const epoch = (log: string, term: number, sub: number, startSeq: number): StoreWrite => ({
  type: 'epoch',
  log,
  entry: { epoch: { term, sub }, startSeq },
});
const record = (partition: string, key: string, value: string, at: Version): StoreWrite => ({
  type: 'record',
  partition,
  record: { key, version: at, value: bytes(value) },
});
const unrecord = (partition: string, key: string, at: Version): StoreWrite => ({
  type: 'unrecord',
  partition,
  key,
  version: at,
});

const showRow = (found: LogRow): string => `${found.seq}@${found.epoch.term}.${found.epoch.sub}=${text(found.body)}`;
const showRecord = (found: StoredRecord | undefined): string | undefined =>
  found && `${found.key}@${found.version.term}.${found.version.sub}.${found.version.counter}=${text(found.value)}`;

async function openLive(place: ConformancePlace, incarnation: string): Promise<Storage> {
  const storage = await place.open(incarnation);
  await storage.ownership.insertFence(incarnation);
  return storage;
}

async function rowsOf(storage: Storage, log: string, from = 0, to = 1e9, limit = 1000): Promise<string[]> {
  return (await storage.messages.readRows(log, from, to, limit)).map(showRow);
}

async function recordsOf(storage: Storage, partition: string, after = '', limit = 1000): Promise<unknown[]> {
  return (await storage.messages.readRecords(partition, after, limit)).map(showRecord);
}

async function epochsOf(storage: Storage, log: string): Promise<string[]> {
  const entries = await storage.messages.readEpochs(log);
  return entries.map((entry) => `${entry.epoch.term}.${entry.epoch.sub}>${entry.startSeq}`);
}

const isKind = (kind: string) => (thrown: unknown) => thrown instanceof ParleyError && thrown.kind === kind;

const claim = (shard: number, from: Partial<ShardOwner>, next: Omit<ShardOwner, 'shard'>): OwnerChange => ({
  shard,
  expectTerm: from.term ?? 0,
  expectIncarnation: from.incarnation,
  next,
});

const check = (name: string, run: ConformanceCheck['run']): ConformanceCheck => ({ name, run });

const logChecks: readonly ConformanceCheck[] = [
  check('a log never written is empty', async (place) => {
    const storage = await openLive(place, 'a');
    assert.deepEqual(await rowsOf(storage, 'channel:none'), []);
    assert.deepEqual(await epochsOf(storage, 'channel:none'), []);
    await storage.messages.write([]);
  }),
  check(
    'rows come back with their bytes, ascending by seq and then epoch, whatever the order of writing',
    async (place) => {
      const { messages, ...rest } = await openLive(place, 'a');
      await messages.write([row('l', 300, 'd', 2), row('l', 2, 'c', 10), row('l', 1, 'a')]);
      await messages.write([row('l', 2, 'b', 2, 1), row('l', 2, 'b', 2, 0), row('l', 4_294_967_296, 'e', 3)]);
      await messages.write([row('l', 2, 'b', 1, 70_000)]);
      assert.deepEqual(await rowsOf({ messages, ...rest }, 'l', 0, 1e12), [
        '1@1.0=a',
        '2@1.70000=b',
        '2@2.0=b',
        '2@2.1=b',
        '2@10.0=c',
        '300@2.0=d',
        '4294967296@3.0=e',
      ]);
    },
  ),
  check('a row written again under the same key replaces its body, and only its own', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([row('l', 1, 'first'), row('l', 1, 'other', 2), row('l', 2, 'next')]);
    await storage.messages.write([row('l', 1, '')]);
    assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=', '1@2.0=other', '2@1.0=next']);
  }),
  check('a batch is applied in its order', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([row('l', 1, 'old'), row('l', 1, 'new'), epoch('l', 1, 0, 1), epoch('l', 1, 0, 2)]);
    assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=new']);
    assert.deepEqual(await epochsOf(storage, 'l'), ['1.0>2']);
  }),
  check('writes of one caller that are not awaited are applied in the order they were made', async (place) => {
    const storage = await openLive(place, 'a');
    await Promise.all(Array.from({ length: 50 }, (_, i) => storage.messages.write([row('l', 1, `body ${i}`)])));
    assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=body 49']);
  }),
  check('a range holds fromSeq and not toSeq, and at most the limit, from the lowest on', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([1, 2, 3, 4, 5].map((seq) => row('l', seq, 'x')));
    assert.deepEqual(await rowsOf(storage, 'l', 2, 4), ['2@1.0=x', '3@1.0=x']);
    assert.deepEqual(await rowsOf(storage, 'l', 2, 100, 3), ['2@1.0=x', '3@1.0=x', '4@1.0=x']);
    assert.deepEqual(await rowsOf(storage, 'l', 3, 3), []);
    assert.deepEqual(await rowsOf(storage, 'l', 1, 9, 0), []);
  }),
  check('logs whose names begin alike do not mix', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write(['user:al', 'user:al!', 'user:alice', 'user:'].map((log) => row(log, 1, log)));
    await storage.messages.write([epoch('user:al', 1, 0, 1), epoch('user:alice', 2, 0, 1)]);
    assert.deepEqual(await rowsOf(storage, 'user:al'), ['1@1.0=user:al']);
    assert.deepEqual(await epochsOf(storage, 'user:al'), ['1.0>1']);
    await storage.messages.write([{ type: 'trim', log: 'user:al', belowSeq: 9 }]);
    assert.deepEqual(await rowsOf(storage, 'user:alice'), ['1@1.0=user:alice']);
    assert.deepEqual(await rowsOf(storage, 'user:al!'), ['1@1.0=user:al!']);
  }),
  check('empty and large bodies, and long names, are kept byte for byte', async (place) => {
    const storage = await openLive(place, 'a');
    const large = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
    const log = 'ü'.repeat(100);
    await storage.messages.write([{ type: 'row', log, row: { seq: 1, epoch: { term: 1, sub: 0 }, body: large } }]);
    await storage.messages.write([row(log, 2, ''), record(log, log, '', version(1))]);
    const [first, second] = await storage.messages.readRows(log, 1, 3, 2);
    assert.deepEqual(first && new Uint8Array(first.body), large);
    assert.equal(second?.body.length, 0);
    assert.deepEqual(await recordsOf(storage, log), [`${log}@1.0.0=`]);
  }),
  check('what was read does not change with later writes', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([row('l', 1, 'before'), record('p', 'k', 'before', version(1))]);
    const rows = await storage.messages.readRows('l', 1, 2, 1);
    const found = await storage.messages.readRecord('p', 'k');
    await storage.messages.write([row('l', 1, 'behind'), record('p', 'k', 'behind', version(2))]);
    for (let i = 0; i < 20; i++) await storage.messages.write([row('m', i, 'x'.repeat(3000))]);
    assert.deepEqual(rows.map(showRow), ['1@1.0=before']);
    assert.equal(showRecord(found), 'k@1.0.0=before');
  }),
  check(
    'the epoch index is ascending by epoch, keeps every epoch, and replaces an entry written again',
    async (place) => {
      const storage = await openLive(place, 'a');
      await storage.messages.write([epoch('l', 10, 0, 40), epoch('l', 2, 1, 20), epoch('l', 2, 0, 1)]);
      await storage.messages.write([epoch('l', 2, 1, 21)]);
      assert.deepEqual(await epochsOf(storage, 'l'), ['2.0>1', '2.1>21', '10.0>40']);
    },
  ),
  check('a trim removes the rows below, and the epochs that govern nothing else', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([1, 2, 3, 4, 5].map((seq) => row('l', seq, 'x', seq < 3 ? 1 : 2)));
    await storage.messages.write([epoch('l', 1, 0, 1), epoch('l', 2, 0, 3), epoch('l', 3, 0, 6)]);
    await storage.messages.write([{ type: 'trim', log: 'l', belowSeq: 2 }]);
    assert.deepEqual(await rowsOf(storage, 'l'), ['2@1.0=x', '3@2.0=x', '4@2.0=x', '5@2.0=x']);
    assert.deepEqual(await epochsOf(storage, 'l'), ['1.0>1', '2.0>3', '3.0>6']);
    await storage.messages.write([{ type: 'trim', log: 'l', belowSeq: 3 }]);
    assert.deepEqual(await epochsOf(storage, 'l'), ['2.0>3', '3.0>6']);
    await storage.messages.write([{ type: 'trim', log: 'l', belowSeq: 100 }]);
    assert.deepEqual(await rowsOf(storage, 'l'), []);
    assert.deepEqual(await epochsOf(storage, 'l'), ['3.0>6']);
  }),
];

const recordChecks: readonly ConformanceCheck[] = [
  check('a record never written is undefined, and its partition empty', async (place) => {
    const storage = await openLive(place, 'a');
    assert.equal(await storage.messages.readRecord('p', 'k'), undefined);
    assert.deepEqual(await recordsOf(storage, 'p'), []);
  }),
  check('of the versions of a record the highest wins, by term, then sub, then counter', async (place) => {
    const storage = await openLive(place, 'a');
    const versions = [version(1, 300, 9), version(2, 0, 0), version(2, 1, 0), version(2, 1, 2 ** 40), version(300)];
    for (const at of versions) {
      await storage.messages.write([record('p', 'k', 'new', at)]);
      assert.equal(showRecord(await storage.messages.readRecord('p', 'k')), `k@${at.term}.${at.sub}.${at.counter}=new`);
    }
    for (const at of versions.slice(0, -1)) await storage.messages.write([record('p', 'k', 'late', at)]);
    await storage.messages.write([record('p', 'k', 'x', version(5)), record('p', 'k', 'y', version(4))]);
    assert.deepEqual(await recordsOf(storage, 'p'), ['k@300.0.0=new']);
  }),
  check('the highest version wins within one batch too', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([record('p', 'k', 'new', version(2)), record('p', 'k', 'late', version(1))]);
    await storage.messages.write([record('p', 'j', 'new', version(2)), unrecord('p', 'j', version(1))]);
    await storage.messages.write([unrecord('p', 'i', version(2)), record('p', 'i', 'late', version(1))]);
    assert.deepEqual(await recordsOf(storage, 'p'), ['j@2.0.0=new', 'k@2.0.0=new']);
  }),
  check(
    'a removed record is gone from both reads, and stays so against late writes of lower versions',
    async (place) => {
      const storage = await openLive(place, 'a');
      await storage.messages.write([record('p', 'k', 'x', version(2)), record('p', 'l', 'x', version(2))]);
      await storage.messages.write([unrecord('p', 'k', version(3, 0, 5))]);
      await storage.messages.write([record('p', 'k', 'late', version(3, 0, 4))]);
      assert.equal(await storage.messages.readRecord('p', 'k'), undefined);
      assert.deepEqual(await recordsOf(storage, 'p'), ['l@2.0.0=x']);
      await storage.messages.write([record('p', 'k', 'again', version(3, 0, 6))]);
      assert.equal(showRecord(await storage.messages.readRecord('p', 'k')), 'k@3.0.6=again');
    },
  ),
  check('a removal of a record that never was holds too', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([unrecord('p', 'k', version(2))]);
    await storage.messages.write([record('p', 'k', 'late', version(1))]);
    assert.equal(await storage.messages.readRecord('p', 'k'), undefined);
  }),
  check('a late removal of a lower version removes nothing', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([record('p', 'k', 'x', version(2))]);
    await storage.messages.write([unrecord('p', 'k', version(1, 5, 5))]);
    assert.deepEqual(await recordsOf(storage, 'p'), ['k@2.0.0=x']);
  }),
  check('a partition is paged in the order of its keys, removed records not counted', async (place) => {
    const storage = await openLive(place, 'a');
    const keys = ['b', 'a', 'ab', 'ä', 'B', '\u{10000}', '\uffee', 'c'];
    await storage.messages.write(keys.map((key) => record('p', key, 'x', version(1))));
    await storage.messages.write([unrecord('p', 'ab', version(2)), record('p\u0001', 'aa', 'x', version(1))]);
    const sorted = ['B', 'a', 'b', 'c', 'ä', '\uffee', '\u{10000}'];
    const shown = (part: string[]) => part.map((key) => `${key}@1.0.0=x`);
    assert.deepEqual(await recordsOf(storage, 'p'), shown(sorted));
    assert.deepEqual(await recordsOf(storage, 'p', '', 3), shown(sorted.slice(0, 3)));
    assert.deepEqual(await recordsOf(storage, 'p', 'a', 2), shown(sorted.slice(2, 4)));
    assert.deepEqual(await recordsOf(storage, 'p', 'zz', 2), shown(sorted.slice(4, 6)));
    assert.deepEqual(await recordsOf(storage, 'p', '\u{10000}', 2), []);
  }),
];

const ownershipChecks: readonly ConformanceCheck[] = [
  check('an incarnation is unknown, then LIVE once, then FENCED for ever', async (place) => {
    const { ownership } = await place.open('a');
    assert.equal(await ownership.readFence('a'), undefined);
    await ownership.insertFence('a');
    assert.equal(await ownership.readFence('a'), 'live');
    await assert.rejects(ownership.insertFence('a'), isKind('fenced'));
    await ownership.fence('a');
    await ownership.fence('a');
    assert.equal(await ownership.readFence('a'), 'fenced');
    await assert.rejects(ownership.insertFence('a'), isKind('fenced'));
    assert.equal(await ownership.readFence('a'), 'fenced');
  }),
  check('an incarnation that never was can be fenced, and never lives', async (place) => {
    const { ownership } = await place.open('a');
    await ownership.fence('ghost');
    assert.equal(await ownership.readFence('ghost'), 'fenced');
    await assert.rejects(ownership.insertFence('ghost'), isKind('fenced'));
  }),
  check('a change of owner is applied only to the term and incarnation it expects', async (place) => {
    const { ownership } = await openLive(place, 'a');
    const first = { term: 1, incarnation: 'a', idFloorMs: 5 };
    const second = { term: 2, incarnation: 'b', idFloorMs: 7 };
    assert.deepEqual(await ownership.readOwners(), []);
    assert.deepEqual(
      await ownership.changeOwners([claim(7, {}, first), claim(4095, { term: 1 }, first), claim(9, {}, first)]),
      [true, false, true],
    );
    assert.deepEqual(
      await ownership.changeOwners([
        claim(7, {}, second),
        claim(7, { term: 1, incarnation: 'b' }, second),
        claim(7, { term: 1 }, second),
        claim(7, { term: 2, incarnation: 'a' }, second),
        claim(9, { term: 1, incarnation: 'a' }, { term: 1, incarnation: undefined, idFloorMs: 6 }),
        claim(9, { term: 1 }, second),
        claim(9, { term: 1 }, second),
      ]),
      [false, false, false, false, true, true, false],
    );
    const owners = (await ownership.readOwners()).sort((a, b) => a.shard - b.shard);
    assert.deepEqual(owners, [
      { shard: 7, ...first },
      { shard: 9, ...second },
    ]);
  }),
  check('of two that claim the same shard at once, one wins', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    const answers = await Promise.all(
      [a, b, a, b].map((storage, i) =>
        storage.ownership.changeOwners([claim(1, {}, { term: 1, incarnation: `i${i}`, idFloorMs: i })]),
      ),
    );
    assert.equal(answers.flat().filter(Boolean).length, 1);
    const winner = answers.findIndex(([applied]) => applied);
    assert.equal((await b.ownership.readOwners())[0]?.incarnation, `i${winner}`);
  }),
  check('every handle sees what another wrote', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    await a.messages.write([row('l', 1, 'of a'), record('p', 'k', 'of a', version(1)), epoch('l', 1, 0, 1)]);
    await b.messages.write([row('l', 1, 'of b', 2), record('p', 'k', 'of b', version(2)), epoch('l', 2, 0, 2)]);
    await a.messages.write([record('p', 'k', 'late', version(1, 0, 1))]);
    for (const storage of [a, b]) {
      assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=of a', '1@2.0=of b']);
      assert.deepEqual(await recordsOf(storage, 'p'), ['k@2.0.0=of b']);
      assert.deepEqual(await epochsOf(storage, 'l'), ['1.0>1', '2.0>2']);
    }
  }),
  check('a fenced incarnation writes nothing any more where writes are fenced, and others go on', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    await a.messages.write([row('l', 1, 'x')]);
    await b.ownership.fence('a');
    const late = a.messages.write([row('l', 2, 'late'), record('p', 'k', 'late', version(1))]);
    if (place.fencesWrites) {
      await assert.rejects(late, isKind('fenced'));
      await assert.rejects(a.messages.write([]), isKind('fenced'));
      assert.deepEqual(await rowsOf(b, 'l'), ['1@1.0=x']);
      assert.deepEqual(await recordsOf(b, 'p'), []);
      const never = await place.open('never inserted');
      await assert.rejects(never.messages.write([row('l', 3, 'x')]), isKind('fenced'));
    } else await late;
    await b.messages.write([row('m', 1, 'x')]);
    assert.deepEqual(await rowsOf(a, 'm'), ['1@1.0=x']);
  }),
  check('a write that is under way when its incarnation is fenced is all there or refused', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    const outcomes = Array.from({ length: 30 }, async (_, i) => {
      if (i === 15) await b.ownership.fence('a');
      return a.messages.write([row('l', 2 * i, 'x'), row('l', 2 * i + 1, 'x')]);
    });
    const taken = (await Promise.allSettled(outcomes)).filter(({ status }) => status === 'fulfilled').length;
    assert.equal((await rowsOf(b, 'l')).length, 2 * taken);
  }),
  check('all of it is there again after closing and opening, for the next incarnation', async (place) => {
    const first = await openLive(place, 'a');
    await first.messages.write([row('l', 1, 'x'), epoch('l', 1, 0, 1), record('p', 'k', 'x', version(1, 2, 3))]);
    await first.ownership.changeOwners([claim(3, {}, { term: 1, incarnation: 'a', idFloorMs: 2 ** 41 })]);
    await first.close();
    await assert.rejects(first.messages.write([row('l', 2, 'x')]), isKind('unavailable'));
    const second = await openLive(place, 'b');
    assert.equal(await second.ownership.readFence('a'), 'live');
    assert.deepEqual(await second.ownership.readOwners(), [
      { shard: 3, term: 1, incarnation: 'a', idFloorMs: 2 ** 41 },
    ]);
    assert.deepEqual(await rowsOf(second, 'l'), ['1@1.0=x']);
    assert.deepEqual(await epochsOf(second, 'l'), ['1.0>1']);
    assert.deepEqual(await recordsOf(second, 'p'), ['k@1.2.3=x']);
  }),
];

export const STORAGE_CONFORMANCE: readonly ConformanceCheck[] = [...logChecks, ...recordChecks, ...ownershipChecks];
