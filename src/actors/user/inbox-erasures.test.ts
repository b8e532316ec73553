import { describe, expect, it } from 'vitest';
import { ScriptedStore } from '../../../test/actors/scripted-store.js';
import type { ActorHost } from '../../cluster/actor-host.js';
import type { OwnedLog } from '../../cluster/owned-log.js';
import { LIMITS } from '../../core/limits.js';
import type { LogRow, StoreWrite } from '../../core/store.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { v1 } from '../../protocol/wire.js';
import { InboxErasures } from './inbox-erasures.js';

const CHANNEL = 'g1';
const LOG = { id: 'user:alice', committedHead: 2 } as unknown as OwnedLog;

const rowOf = (seq: number, event: Partial<v1.Event>): LogRow => ({
  seq,
  epoch: { term: 1, sub: 0 },
  body: EncodedEvent.of(v1.Event.create({ channelId: CHANNEL, ...event })).bytes,
});

const deletionOf = (seq: number): v1.Event => v1.Event.create({ channelId: CHANNEL, seq: 100 + seq, erased: { seq } });

/** An inbox of `count` messages, each with a row of so many epochs. */
function adopted(count: number, epochs: number) {
  const store = new ScriptedStore();
  for (let seq = 1; seq <= count; seq++) {
    const row = rowOf(seq, { seq, message: { text: `${seq}` } });
    for (let term = 1; term <= epochs; term++)
      store.place.apply([{ type: 'row', log: LOG.id, row: { ...row, epoch: { term, sub: 0 } } }]);
  }
  const erased: LogRow[] = [];
  const commit = async (writes: readonly StoreWrite[]): Promise<void> => {
    for (const write of writes) if (write.type === 'erase') erased.push(write.row);
  };
  const { messages } = store.open('node');
  const host = { clock: { now: () => 0 }, store: messages, committer: { commit } } as unknown as ActorHost;
  const log = { ...LOG, committedHead: count } as unknown as OwnedLog;
  return { erasures: new InboxErasures(host), log, erased };
}

/** An inbox of two messages, whose store answers reads when told. */
function setup() {
  const rows = [rowOf(1, { seq: 1, message: { text: 'one' } }), rowOf(2, { seq: 2, message: { text: 'two' } })];
  const reads: ((error?: Error) => void)[] = [];
  const erased: StoreWrite[] = [];
  const readRows = (): Promise<readonly LogRow[]> =>
    new Promise((resolve, reject) => reads.push((error) => (error === undefined ? resolve(rows) : reject(error))));
  const commit = async (writes: readonly StoreWrite[]): Promise<void> => {
    erased.push(...writes);
  };
  const host = { clock: { now: () => 0 }, store: { readRows }, committer: { commit } } as unknown as ActorHost;
  const erasures = new InboxErasures(host);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { erasures, reads, erased, turn };
}

describe('erasures of an inbox', () => {
  it('looks the inbox through once for all that were noted meanwhile', async () => {
    const { erasures, reads, erased, turn } = setup();
    erasures.note(deletionOf(1));
    const first = erasures.flush(LOG, 0);
    erasures.note(deletionOf(2));
    const others = [erasures.flush(LOG, 0), erasures.flush(LOG, 0)];
    reads[0]?.();
    await first;
    await turn();
    expect(reads).toHaveLength(2);
    reads[1]?.();
    await Promise.all(others);
    expect(reads).toHaveLength(2);
    expect(erased).toMatchObject([1, 2, 2].map((seq) => ({ type: 'erase', row: { seq } })));
    await erasures.flush(LOG, 0); // nothing waits: nothing is read
    expect(reads).toHaveLength(2);
  });

  it('keeps what is noted again, further up, while the inbox is looked through', async () => {
    const { erasures, reads } = setup();
    erasures.note(deletionOf(1), 2);
    const flushed = erasures.flush(LOG, 0);
    erasures.note(deletionOf(1), 3);
    reads[0]?.();
    await flushed;
    expect(erasures.waits).toBe(true);
    const again = erasures.flush({ ...LOG, committedHead: 3 } as unknown as OwnedLog, 0);
    reads[1]?.();
    await again;
    expect(erasures.waits).toBe(false);
  });

  it('keeps what the store did not take, and asks again', async () => {
    const { erasures, reads, erased } = setup();
    erasures.note(deletionOf(1));
    const refused = expect(erasures.flush(LOG, 0)).rejects.toThrow('gone');
    reads[0]?.(new Error('gone'));
    await refused;
    expect(erasures.covers(v1.Event.create({ channelId: CHANNEL, seq: 1 }))).toBe(true);
    const flushed = erasures.flush(LOG, 0);
    reads[1]?.();
    await flushed;
    expect(erased).toHaveLength(1);
  });

  it.each([
    [256, 2],
    [3, 700],
  ])('finds each copy among %i entries that were written by %i owners', async (count, epochs) => {
    const { erasures, log, erased } = adopted(count, epochs);
    for (let seq = 1; seq <= count; seq++) erasures.add(CHANNEL, seq);
    await erasures.flush(log, 0);
    expect(erased).toHaveLength(count * epochs);
  });

  it('is full while too many wait for the store', async () => {
    const { erasures, reads } = setup();
    for (let seq = 1; seq <= LIMITS.erasuresWaitingMax; seq++) {
      expect(erasures.isFull).toBe(false);
      erasures.note(deletionOf(seq));
    }
    expect(erasures.isFull).toBe(true);
    const flushed = erasures.flush(LOG, 0);
    reads[0]?.();
    await flushed;
    expect(erasures.isFull).toBe(false);
  });
});
