/** Rows, epoch indexes, trims. */
import assert from 'node:assert/strict';
import { LOG_GAP_MAX } from '../../core/store.js';
import {
  type ConformanceCheck,
  check,
  epoch,
  epochsOf,
  openLive,
  record,
  recordsOf,
  row,
  rowsOf,
  showRecord,
  showRow,
  version,
} from './harness.js';

export const logChecks: readonly ConformanceCheck[] = [
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
      await messages.write([row('l', 2, 'b', 2, 1), row('l', 2, 'b', 2, 0), row('far', 4_294_967_296, 'e', 3)]);
      await messages.write([row('l', 2, 'b', 1, 70_000), row('far', 4_294_967_295, 'e', 3)]);
      assert.deepEqual(await rowsOf({ messages, ...rest }, 'l', 0, 1e12), [
        '1@1.0=a',
        '2@1.70000=b',
        '2@2.0=b',
        '2@2.1=b',
        '2@10.0=c',
        '300@2.0=d',
      ]);
      const far = await rowsOf({ messages, ...rest }, 'far', 4_294_967_000, 1e12);
      assert.deepEqual(far, ['4294967295@3.0=e', '4294967296@3.0=e']);
    },
  ),
  check('a row written again is the one row it was', async (place) => {
    const storage = await openLive(place, 'a');
    const batch = [row('l', 1, 'x'), row('l', 1, 'other', 2), row('l', 2, ''), epoch('l', 1, 0, 1)];
    await storage.messages.write([...batch, row('l', 1, 'x'), epoch('l', 1, 0, 1)]);
    await Promise.all([storage.messages.write(batch), storage.messages.write(batch.toReversed())]);
    assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=x', '1@2.0=other', '2@1.0=']);
    assert.deepEqual(await epochsOf(storage, 'l'), ['1.0>1']);
  }),
  check(
    'an erased row holds what it was given instead, and a write of it that lands late does not bring it back',
    async (place) => {
      const storage = await openLive(place, 'a');
      await storage.messages.write([
        row('l', 1, 'one'),
        row('l', 2, 'two'),
        row('l', 2, 'two', 2),
        row('l', 3, 'three'),
      ]);
      const erased = [row('l', 2, 'gone'), row('l', 2, 'gone', 2)].flatMap((write) =>
        write.type === 'row' ? [{ ...write, type: 'erase' as const }] : [],
      );
      await storage.messages.write(erased);
      await storage.messages.write(erased);
      assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=one', '2@1.0=gone', '2@2.0=gone', '3@1.0=three']);
    },
  ),
  check('a long log is read page by page, from anywhere, with whatever epochs', async (place) => {
    const storage = await openLive(place, 'a');
    for (let from = 1; from <= 9_000; from += 1_000) {
      const seqs = Array.from({ length: 1_000 }, (_, i) => from + i);
      await storage.messages.write(seqs.map((seq) => row('l', seq, `${seq}`, seq < 5_000 ? 1 : 2)));
    }
    const found: string[] = [];
    for (let next = 1; ; next = found.length + 1) {
      const page = await rowsOf(storage, 'l', next, 1e9, 700);
      found.push(...page);
      if (page.length < 700) break;
    }
    assert.deepEqual([found.length, found[4_998], found.at(-1)], [9_000, '4999@1.0=4999', '9000@2.0=9000']);
    assert.equal(new Set(found).size, 9_000);
    assert.deepEqual(await rowsOf(storage, 'l', 4_090, 4_100, 3), ['4090@1.0=4090', '4091@1.0=4091', '4092@1.0=4092']);
    assert.equal((await rowsOf(storage, 'l', 4_000, 8_999, 5_000)).length, 4_999);
    await storage.messages.write([{ type: 'trim', log: 'l', belowSeq: 8_500 }]);
    assert.deepEqual(await rowsOf(storage, 'l', 8_000, 1e9, 1), ['8500@2.0=8500']);
    assert.deepEqual(await rowsOf(storage, 'l', 1, 8_500), []);
  }),
  check('rows on both sides of the widest gap are found', async (place) => {
    const storage = await openLive(place, 'a');
    const seqs = [1, LOG_GAP_MAX + 1, 4_000, 4_000 + LOG_GAP_MAX];
    await storage.messages.write([...seqs, 2_000, 3_000].map((seq) => row('l', seq, 'x')));
    const found = await storage.messages.readRows('l', 1, 1e9, 100);
    assert.deepEqual(
      found.map(({ seq }) => seq),
      [...seqs, 2_000, 3_000].sort((x, y) => x - y),
    );
    await storage.messages.write([row('m', 4_095, 'x'), row('m', 4_095 + LOG_GAP_MAX, 'x')]);
    assert.equal((await storage.messages.readRows('m', 4_095 - LOG_GAP_MAX, 1e9, 100)).length, 2);
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
    await storage.messages.write([record('p', 'k', 'behind', version(2))]);
    for (let i = 0; i < 20; i++) await storage.messages.write([row('m', i, 'x'.repeat(3000))]);
    assert.deepEqual(rows.map(showRow), ['1@1.0=before']);
    assert.equal(showRecord(found), 'k@1.0.0=before');
  }),
  check('the epoch index is ascending by epoch, and keeps every epoch', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([epoch('l', 10, 0, 40), epoch('l', 2, 1, 20), epoch('l', 2, 0, 1)]);
    await storage.messages.write([epoch('l', 2, 70_000, 21)]);
    assert.deepEqual(await epochsOf(storage, 'l'), ['2.0>1', '2.1>20', '2.70000>21', '10.0>40']);
  }),
  check('all logs with an epoch index are told, each once, page by page, in an order that stays', async (place) => {
    const storage = await openLive(place, 'a');
    const { messages } = storage;
    assert.deepEqual(await messages.readLogs('', 10), []);
    const names = ['channel:a', 'channel:a~b', 'channel:ab', 'user:a', 'user:ä', 'user:\u{1f600}', 'z'];
    await messages.write(names.flatMap((log) => [epoch(log, 1, 0, 1), epoch(log, 2, 0, 1), row(log, 1, 'x')]));
    await messages.write([row('no index', 1, 'x'), record('no log', 'k', 'x', version(1))]);
    const all = await messages.readLogs('', 100);
    assert.deepEqual([...all].sort(), [...names].sort());
    const paged: string[] = [];
    for (let page = await messages.readLogs('', 3); page.length > 0 && paged.length <= names.length; ) {
      assert.ok(page.length <= 3);
      paged.push(...page);
      page = await messages.readLogs(paged.at(-1) ?? '', 3);
    }
    assert.deepEqual(paged, all);
    await messages.write([epoch('user:b', 1, 0, 1)]);
    assert.deepEqual(
      (await messages.readLogs('', 100)).filter((log) => log !== 'user:b'),
      all,
    );
    assert.deepEqual(await messages.readLogs('', 0), []);
  }),
  check('an entry taken off the epoch index is gone, and its rows and the other entries stay', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([epoch('l', 1, 0, 1), epoch('l', 1, 1, 1), epoch('l', 2, 0, 1), epoch('m', 1, 1, 1)]);
    await storage.messages.write([row('l', 1, 'x'), row('l', 1, 'y', 1, 1)]);
    const unepoch = { type: 'unepoch', log: 'l', epoch: { term: 1, sub: 1 } } as const;
    await storage.messages.write([unepoch, epoch('l', 3, 0, 2), { ...unepoch, log: 'never written' }]);
    await storage.messages.write([unepoch]);
    assert.deepEqual(await epochsOf(storage, 'l'), ['1.0>1', '2.0>1', '3.0>2']);
    assert.deepEqual(await epochsOf(storage, 'm'), ['1.1>1']);
    assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=x', '1@1.1=y']);
  }),
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
