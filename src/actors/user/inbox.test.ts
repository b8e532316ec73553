import { describe, expect, it } from 'vitest';
import { gate, ScriptedStore } from '../../../test/actors/scripted-store.js';
import type { ActorHost } from '../../cluster/actor-host.js';
import { Committer } from '../../cluster/committer.js';
import { type LogEntry, OwnedLog } from '../../cluster/owned-log.js';
import { userActor } from '../../core/ids.js';
import { silentLogger } from '../../core/logger.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { Long, v1 } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import { CHECKPOINT_KEY } from './checkpoint.js';
import { Inbox } from './inbox.js';

const CHANNEL = 'g1';
const BOB = userActor('bob');

async function opened() {
  const store = new ScriptedStore();
  const clock = new FakeClock();
  const storage = store.open('node');
  store.place.insertFence('node');
  const deps = { storage, incarnation: 'node', clock, logger: silentLogger, flushesMax: 1 };
  const committer = new Committer({ ...deps, onFenced: () => undefined });
  const logDeps = { store: storage.messages, committer, openPositionsMax: 256 };
  const host = {
    ...{ clock, committer, store: storage.messages, logger: silentLogger },
    openLog: ({ id, epoch }: ActorContext, headHint: number, replay: (entry: LogEntry) => void) =>
      OwnedLog.activate(logDeps, id, epoch, headHint, replay),
  } as unknown as ActorHost;
  const context = { id: BOB, epoch: { term: 1, sub: 1 }, alive: true } as unknown as ActorContext;
  const opening = Inbox.open(host, context, 'bob');
  await clock.settle();
  const inbox = await opening;
  const append = async (seq: number, body: v1.IEvent): Promise<void> => {
    const createdAt = Long.fromNumber(clock.now(), true);
    const event = EncodedEvent.of(v1.Event.create({ channelId: CHANNEL, seq, createdAt, ...body }));
    inbox.append(event, [], { committed: () => undefined, refused: () => undefined });
    await clock.settle();
  };
  const settled: unknown[] = [];
  const checkpoint = async (): Promise<void> => {
    inbox.checkpoint(true).then(
      (durable) => settled.push(durable),
      (error: { kind: string }) => settled.push(error.kind),
    );
    await clock.settle();
  };
  const written = (): boolean => store.place.record(BOB, CHECKPOINT_KEY) !== undefined;
  return { store, inbox, append, checkpoint, settled, written, clock };
}

describe('a checkpoint of an inbox', () => {
  it('is written the next time when looking for old entries failed', async () => {
    const { store, append, checkpoint, settled, written } = await opened();
    await append(1, { message: { text: 'one' } });
    await append(2, { message: { text: 'two' } });
    store.next('readRows', { error: 'timeout' });
    await checkpoint();
    expect([settled, written()]).toEqual([['timeout'], false]);
    await checkpoint();
    expect([settled, written()]).toEqual([['timeout', true], true]);
  });

  it('that is asked for again while it is under way is not done before it', async () => {
    const { store, append, checkpoint, settled, clock } = await opened();
    await append(1, { message: { text: 'one' } });
    const durable = gate();
    store.next('write', { until: durable.opened });
    await checkpoint();
    await checkpoint();
    expect(settled).toEqual([]);
    durable.open();
    await clock.settle();
    expect(settled).toEqual([true, true]);
  });

  it('covers no deletion that came while it was written, before the copy has lost its text', async () => {
    const { store, inbox, append, checkpoint, settled, written, clock } = await opened();
    await append(1, { message: { text: 'one' } });
    await append(2, { message: { text: 'two' } });
    const looked = gate();
    store.next('readRows', { until: looked.opened });
    await checkpoint();
    await append(3, { erased: { seq: 1, createdAt: Long.fromNumber(clock.now(), true) } });
    looked.open();
    await clock.settle();
    expect([inbox.settled, settled, written()]).toEqual([true, [false], false]);
    await checkpoint();
    expect([settled, written()]).toEqual([[false, true], true]);
    const rows = store.place.rows(BOB, 1, 2, 9);
    expect(rows.map(({ body }) => EncodedEvent.fromBytes(body).value.deleted)).toEqual([true]);
  });
});
