import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../src/core/errors.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld } from './fixture.js';

const world = () => memoryWorld('alice', 'bob', 'carol');

describe('a direct chat', () => {
  it('delivers a message to the other person and only the cursor to the sending session', async () => {
    const chat = await world();
    const alice = await chat.connect('alice');
    const bob = await chat.connect('bob');
    const value = v1.Send.create({ userId: 'bob', clientMessageId: 'a', message: { text: 'hi' } });
    const ack = await chat.request('alice', { type: 'send', value }, alice.id);
    expect(ack).toMatchObject({ type: 'sendAck', value: { channelId: 'alice~bob', seq: 2 } });
    expect(bob.session.seen).toEqual(['alice~bob#1', 'alice~bob#2']);
    expect(alice.session.seen).toEqual(['alice~bob#1', '-#-']);
  });

  it('refuses a message to nobody', async () => {
    const chat = await world();
    await expect(chat.send('alice', { userId: 'nobody' }, 'hi')).rejects.toMatchObject({ kind: 'user_not_found' });
  });

  it('answers a repeated send with the first answer and a changed one with conflict', async () => {
    const chat = await world();
    const first = await chat.send('alice', { userId: 'bob' }, 'hi', { clientMessageId: 'x' });
    const again = await chat.send('alice', { userId: 'bob' }, 'hi', { clientMessageId: 'x' });
    expect(again).toEqual(first);
    await expect(chat.send('alice', { userId: 'bob' }, 'other', { clientMessageId: 'x' })).rejects.toMatchObject({
      kind: 'conflict',
    });
  });

  it('answers a send repeated after a crash from the log', async () => {
    const chat = await world();
    const first = await chat.send('alice', { userId: 'bob' }, 'hi', { clientMessageId: 'x', base: 0 });
    await chat.crash();
    const again = await chat.send('alice', { userId: 'bob' }, 'hi', { clientMessageId: 'x', base: 0 });
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
  });

  it('takes a send only once the one it comes after has a position', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'one', { clientMessageId: 'a' });
    await expect(
      chat.send('alice', { userId: 'bob' }, 'three', { clientMessageId: 'c', after: 'b' }),
    ).rejects.toMatchObject({
      kind: 'out_of_order',
    });
    await chat.send('alice', { userId: 'bob' }, 'two', { clientMessageId: 'b', after: 'a' });
    const third = await chat.send('alice', { userId: 'bob' }, 'three', { clientMessageId: 'c', after: 'b' });
    expect(third).toMatchObject({ value: { seq: 4 } });
  });

  it('keeps what comes while a person is away, and gives it once when they come back', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    const cursor = bob.session.deliveries.at(-1)?.cursor;
    chat.disconnect('bob', bob.id);
    for (let i = 2; i <= 250; i++) await chat.send('alice', { userId: 'bob' }, `${i}`);
    await chat.clock.advance(200_000);
    const back = await chat.connect('bob', cursor);
    expect(back.session.texts).toEqual(Array.from({ length: 249 }, (_, i) => `${i + 2}`));
  });

  it('delivers after a restart what was committed and not fanned out', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.clock.advance(100);
    const cursor = bob.session.deliveries.at(-1)?.cursor;
    // Everything to user actors is lost from here on: as if the process died between commit and fan-out.
    const { tell } = chat.node.host;
    chat.node.host.tell = (actor, notice, onlyIfActive) => {
      if (notice.type !== 'deliver') tell.call(chat.node.host, actor, notice, onlyIfActive);
    };
    await chat.send('alice', { userId: 'bob' }, 'two');
    await chat.crash();
    const back = await chat.connect('bob', cursor);
    expect(back.session.texts).toEqual(['two']);
  });

  it('sends again what a lossy bus dropped, each event once and in order', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    const { tell } = chat.node.host;
    let count = 0;
    chat.node.host.tell = (actor, notice, onlyIfActive) => {
      count++;
      if (notice.type === 'deliver' && count % 3 === 0) return;
      tell.call(chat.node.host, actor, notice, onlyIfActive);
      if (count % 5 === 0) tell.call(chat.node.host, actor, notice, onlyIfActive);
    };
    for (let i = 1; i <= 30; i++) await chat.send('alice', { userId: 'bob' }, `${i}`);
    await chat.clock.advance(120_000);
    expect(bob.session.texts).toEqual(Array.from({ length: 30 }, (_, i) => `${i + 1}`));
  });

  it('hides a blocked person’s messages from the one who blocked, here and in history, and from nobody else', async () => {
    const chat = await world();
    chat.people.accounts.get('bob')?.blocked.add('alice');
    const bob = await chat.connect('bob');
    const ack = await chat.send('alice', { userId: 'bob' }, 'secret');
    expect(ack.type).toBe('sendAck');
    expect(bob.session.texts).toEqual([]);
    expect(bob.session.seen).toContain('alice~bob#2');
    const history = {
      type: 'readHistory',
      value: v1.ReadHistory.create({ channelId: 'alice~bob', beforeSeq: 0 }),
    } as const;
    const seenByBob = JSON.stringify(await chat.request('bob', history));
    const seenByAlice = JSON.stringify(await chat.request('alice', history));
    expect(seenByBob).not.toContain('secret');
    expect(seenByAlice).toContain('secret');
  });

  it('refuses a cursor of a later epoch once a fence read says that there is no later owner, and ends such a session', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'one');
    const foreign = { term: 7, sub: 1, inboxSeq: 2 };
    await expect(chat.connect('bob', foreign)).rejects.toMatchObject({ kind: 'cursor_invalid' });
    const caller = { userId: 'bob', deviceId: 'd', sessionId: 'bob/1' };
    const poll = { type: 'inbox_read', caller, cursor: foreign, limit: 10 } as const;
    await expect(chat.question('user:bob', poll)).rejects.toMatchObject({ kind: 'cursor_invalid' });
    const confirmation = { sessionId: 'bob/1', put: foreign, acknowledged: undefined };
    const gateway = chat.edge.address;
    chat.edge.tell('user:bob', { type: 'session_confirm', confirmation, caller, gateway, visible: true });
    await chat.clock.settle();
    expect(chat.sessions.get('bob/1')?.events).toMatchObject([{ type: 'session_end', reason: 'owner_changed' }]);
  });

  it('refuses a cursor above everything assigned, and cuts one of an earlier epoch', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    const cursor = bob.session.deliveries.at(-1)?.cursor;
    await expect(chat.connect('bob', { ...cursor, inboxSeq: 99 })).rejects.toBeInstanceOf(ParleyError);
    await chat.clock.advance(100);
    await chat.crash();
    const back = await chat.connect('bob', { ...cursor, inboxSeq: 99 });
    expect(back.cursor.inboxSeq).toBe(2);
  });
});

describe('a stop', () => {
  it('writes down what is owed, with sessions open and a recipient who never confirmed', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    const cursor = bob.session.deliveries.at(-1)?.cursor;
    const { tell } = chat.node.host;
    chat.node.host.tell = (actor, notice, onlyIfActive) => {
      if (notice.type !== 'deliver') tell.call(chat.node.host, actor, notice, onlyIfActive);
    };
    await chat.send('alice', { userId: 'bob' }, 'two');
    const drained = chat.node.drain(60_000);
    await chat.clock.advance(1_000);
    await drained; // well before its deadline
    await chat.crash();
    const back = await chat.connect('bob', cursor);
    expect(back.session.texts).toEqual(['two']);
  });
});
