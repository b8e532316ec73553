/** A client that connects again after it was closed: what it goes on from, and that nothing queued is lost or doubled. */
import { describe, expect, it } from 'vitest';
import { CLOSE } from '../src/core/errors.js';
import { type ClientStorage, memoryStorage } from './storage.js';
import { settle } from './testing/fake-clock.js';
import { messageEvent } from './testing/scripted-gateway.js';
import { online, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';

describe('connecting again', () => {
  it('goes on from what another client with the same storage came to meanwhile, and does not save over it', async () => {
    const storage = memoryStorage();
    const first = setup({ storage });
    const socket = await online(first);
    socket.deliver(1, messageEvent(GROUP, 1, 'bob', 'one'));
    first.gateway.accepts = false;
    socket.cut();
    first.client.send({ channelId: GROUP, text: 'queued' });
    await first.client.close();

    const second = setup({ storage });
    const other = await online(second);
    other.deliver(1, messageEvent(GROUP, 1, 'bob', 'one'));
    other.deliver(2, messageEvent(GROUP, 2, 'bob', 'two'));
    await settle();
    other.acknowledge(other.request('send'), other.got('send')[0] ?? {}, 3);
    await second.client.close();

    first.gateway.accepts = true;
    const again = await online(first);
    expect(again.got('hello')[0]?.cursor?.inboxSeq).toBe(2);
    again.deliver(1, messageEvent(GROUP, 1, 'bob', 'one'));
    again.deliver(2, messageEvent(GROUP, 2, 'bob', 'two'));
    again.deliver(3, messageEvent(GROUP, 4, 'bob', 'four'));
    await first.clock.advance(1000);
    expect(again.got('send')).toEqual([]);
    expect(first.seen).toEqual([`${GROUP}#1 one`, `${GROUP}#4 four`]);
  });

  it('goes on where it stood when the storage could not save it', async () => {
    const storage: ClientStorage = {
      load: () => undefined,
      save: () => Promise.reject(new Error('the disk is full')),
    };
    const given = setup({ storage });
    const socket = await online(given);
    socket.deliver(5, messageEvent(GROUP, 70, 'bob', 'before'));
    const message = given.client.send({ channelId: GROUP, text: 'on its way' });
    socket.cut(CLOSE.flood);
    const again = await online(given);
    expect(again.got('hello')[0]?.cursor?.inboxSeq).toBe(5);
    expect(again.got('send')).toMatchObject([{ base: 70, clientMessageId: message.clientMessageId }]);
    again.acknowledge(again.request('send'), again.got('send')[0] ?? {}, 71);
    expect(message.state).toBe('sent');
  });

  it('sends what was queued while the storage could not be read', async () => {
    const { save, load } = memoryStorage();
    let fails = true;
    const storage: ClientStorage = {
      save,
      load: () => (fails ? Promise.reject(new Error('the disk is away')) : load()),
    };
    const given = setup({ storage });
    const connecting = given.client.connect();
    const message = given.client.send({ channelId: GROUP, text: 'at once' });
    await expect(connecting).rejects.toThrow('the disk is away');
    fails = false;
    const socket = await online(given);
    socket.answer(socket.request('getChannel'), { type: 'channel', value: { channelId: GROUP, head: 1 } });
    await settle();
    socket.acknowledge(socket.request('send'), socket.got('send')[0] ?? {}, 2);
    expect(message.state).toBe('sent');
  });

  it('may be given up at once, and loses nothing by that', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(5, messageEvent(GROUP, 70, 'bob', 'before'));
    const message = given.client.send({ channelId: GROUP, text: 'on its way' });
    await given.client.close();
    const connecting = given.client.connect();
    const second = given.client.send({ channelId: GROUP, text: 'at once' });
    void given.client.close();
    const again = await online(given);
    await expect(connecting).rejects.toMatchObject({ kind: 'unavailable', message: 'The client was closed.' });
    expect(again.got('hello')[0]?.cursor?.inboxSeq).toBe(5);
    for (const [index, send] of again.got('send').entries()) again.acknowledge(index + 1, send, 71 + index);
    expect([message.seq, second.seq]).toEqual([71, 72]);
  });
});
