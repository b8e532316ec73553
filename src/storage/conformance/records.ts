/** Records and their versions. */
import assert from 'node:assert/strict';
import { COUNTER_MAX, SUB_MAX, TERM_MAX } from '../../core/epoch.js';
import { type ConformanceCheck, check, openLive, record, recordsOf, showRecord, unrecord, version } from './harness.js';

export const recordChecks: readonly ConformanceCheck[] = [
  check('a record never written is undefined, and its partition empty', async (place) => {
    const storage = await openLive(place, 'a');
    assert.equal(await storage.messages.readRecord('p', 'k'), undefined);
    assert.deepEqual(await recordsOf(storage, 'p'), []);
  }),
  check('of the versions of a record the highest wins, by term, then sub, then counter', async (place) => {
    const storage = await openLive(place, 'a');
    const versions = [
      version(1, 300, 9),
      version(2, 0, 0),
      version(2, 1, 0),
      version(2, 1, COUNTER_MAX),
      version(2, SUB_MAX),
      version(TERM_MAX),
    ];
    for (const at of versions) {
      await storage.messages.write([record('p', 'k', 'new', at)]);
      assert.equal(showRecord(await storage.messages.readRecord('p', 'k')), `k@${at.term}.${at.sub}.${at.counter}=new`);
    }
    for (const at of versions.slice(0, -1)) await storage.messages.write([record('p', 'k', 'late', at)]);
    await storage.messages.write([record('p', 'k', 'x', version(5)), record('p', 'k', 'y', version(4))]);
    assert.deepEqual(await recordsOf(storage, 'p'), [`k@${TERM_MAX}.0.0=new`]);
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
  check('what comes and goes obeys versions as all records do', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([record('active/7', 'k', 'x', version(2)), record('active/7', 'l', 'x', version(2))]);
    await storage.messages.write([unrecord('active/7', 'k', version(2, 0, 2)), record('active', 'k', 'y', version(1))]);
    await storage.messages.write([record('active/7', 'k', 'late', version(2, 0, 1))]);
    assert.deepEqual(await recordsOf(storage, 'active/7'), ['l@2.0.0=x']);
    await storage.messages.write([record('active/7', 'k', 'again', version(3)), unrecord('active/7', 'l', version(1))]);
    assert.deepEqual(await recordsOf(storage, 'active/7'), ['k@3.0.0=again', 'l@2.0.0=x']);
    assert.equal(showRecord(await storage.messages.readRecord('active/7', 'k')), 'k@3.0.0=again');
  }),
  check('of a record and its removal under one version the removal holds, whichever came first', async (place) => {
    const storage = await openLive(place, 'a');
    await storage.messages.write([record('p', 'k', 'x', version(2)), unrecord('p', 'l', version(2))]);
    await storage.messages.write([unrecord('p', 'k', version(2)), record('p', 'l', 'x', version(2))]);
    assert.deepEqual(await recordsOf(storage, 'p'), []);
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
