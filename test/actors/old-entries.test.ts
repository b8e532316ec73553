/** Entries that grow too old while a device that was away for long catches up. */
import { expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.js';
import { holdWrites, isRowOf, worldOn } from './fixture.js';
import { gate, ScriptedStore } from './scripted-store.js';

const AFTER = { term: 1, sub: 1, inboxSeq: 5 };

/**
 * Bob's inbox is old, all but its newest entry; that one is on its way, and with it a checkpoint will be due, which drops the
 * old ones. The next read of the store waits for `read`.
 */
async function aboutToDrop() {
  const store = new ScriptedStore();
  const chat = await worldOn((incarnation) => store.open(incarnation), 'alice', 'bob');
  for (let count = 2; count < LIMITS.checkpointEvery; count++) await chat.send('alice', { userId: 'bob' }, `${count}`);
  await chat.clock.advance(1_000);
  chat.clock.jump(LIMITS.inboxKeepMs + 1);
  const commit = holdWrites(chat, isRowOf('user:bob'));
  await chat.send('alice', { userId: 'bob' }, 'new');
  const read = gate();
  store.next('readRows', { until: read.opened });
  const drop = async (): Promise<void> => {
    commit();
    await chat.clock.advance(1_000);
    expect((await chat.node.host.store.readRows('user:bob', 1, 1e9, 1))[0]?.seq).toBe(LIMITS.checkpointEvery);
    read.open();
    await chat.clock.settle();
  };
  return { chat, drop };
}

it('are not passed over by a session: it is told that it is limited, and goes on at the head', async () => {
  const { chat, drop } = await aboutToDrop();
  const { session } = await chat.connect('bob', AFTER);
  await drop();
  const cursor = { term: 1, sub: 1, inboxSeq: LIMITS.checkpointEvery };
  const heads = [{ channelId: 'alice~bob', seq: LIMITS.checkpointEvery }];
  expect(
    session.events.filter((event) => event.type === 'session_event' && event.event.type === 'limited'),
  ).toMatchObject([{ event: { value: { cursor, heads, more: false } } }]);
  session.put = cursor.inboxSeq;
  await chat.send('alice', { userId: 'bob' }, 'live');
  await chat.clock.advance(1_000);
  expect(session.deliveries.map(({ cursor: { inboxSeq }, event }) => [inboxSeq, event?.value.message?.text])).toEqual([
    [cursor.inboxSeq + 1, 'live'],
  ]);
});

it('are not passed over by a poll: its answer is limited', async () => {
  const { chat, drop } = await aboutToDrop();
  const caller = { userId: 'bob', deviceId: 'd', sessionId: '' };
  const answer = chat.question('user:bob', { type: 'inbox_read', caller, cursor: AFTER, limit: 100 });
  await drop();
  expect(await answer).toMatchObject({
    value: {
      items: [],
      cursor: { inboxSeq: LIMITS.checkpointEvery },
      limited: { heads: [{ channelId: 'alice~bob' }] },
    },
  });
});
