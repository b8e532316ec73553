/** First attempts and a storage that takes its time: a crash at any moment must not make a second message of one. */
import { describe, expect, it } from 'vitest';
import { v1 } from '../src/protocol/wire.js';
import type { ClientState, ClientStorage } from './storage.js';
import { settle } from './testing/fake-clock.js';
import { messageEvent, type ScriptedSocket } from './testing/scripted-gateway.js';
import { online, type Setup, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';

interface Save {
  /** Becomes durable. */
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** A storage whose saves end when the test says so; `durable` is what a crash leaves. */
class SlowStorage implements ClientStorage {
  durable: ClientState | undefined;
  readonly saves: Save[] = [];
  /** Saves end by themselves. */
  quick = true;

  load(): Promise<ClientState | undefined> {
    return Promise.resolve(this.durable);
  }

  save(state: ClientState): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.durable = JSON.parse(JSON.stringify(state));
        resolve();
      };
      if (this.quick) end();
      else this.saves.push({ end, fail: reject });
    });
  }
}

const sends = (socket: ScriptedSocket): readonly v1.Send[] =>
  socket.frames.flatMap(({ body }) => (body.type === 'send' ? [body.value] : []));
const texts = (socket: ScriptedSocket) => sends(socket).map((send) => send.message?.text);

/** `count` messages were queued offline and stored so; then it is online again, and the storage has not saved yet. */
async function queuedOffline(count = 1): Promise<Setup & { readonly storage: SlowStorage; socket: ScriptedSocket }> {
  const storage = new SlowStorage();
  const given = setup({ storage });
  const before = await online(given);
  before.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
  given.gateway.accepts = false;
  before.cut();
  for (let i = 0; i < count; i++) given.client.send({ channelId: GROUP, text: `mine ${i}` });
  await given.clock.advance(1500);
  expect(storage.durable?.outbox).toHaveLength(count);
  expect(storage.durable?.outbox[0]?.base).toBeUndefined();
  storage.quick = false;
  const { socket } = given.gateway;
  socket.open();
  socket.welcome({ cursor: { term: 1, sub: 0, inboxSeq: 1 } });
  await settle();
  return { ...given, storage, socket };
}

describe('a first attempt of what was queued offline', () => {
  it('goes out once the storage has its base, so that a restart repeats it as the same', async () => {
    const { storage, socket, clock } = await queuedOffline();
    expect(sends(socket)).toEqual([]);
    storage.saves[0]?.end();
    await settle();
    expect(sends(socket)).toMatchObject([{ base: 10, message: { text: 'mine 0' } }]);
    await clock.advance(2000);
    expect(sends(socket)).toHaveLength(1);

    // A crash, and the channel has moved on.
    storage.quick = true;
    const second = setup({ storage });
    void second.client.connect();
    await settle();
    second.gateway.socket.welcome({ cursor: { term: 1, sub: 0, inboxSeq: 1 } });
    second.gateway.socket.deliver(2, messageEvent(GROUP, 11, 'bob', 'since'));
    await settle();
    const [first] = sends(socket);
    expect(sends(second.gateway.socket)).toMatchObject([{ base: 10, clientMessageId: first?.clientMessageId }]);
  });

  it('waits for a save that began after it had its base, not for one under way', async () => {
    const { storage, socket, client, clock } = await queuedOffline();
    storage.saves[0]?.end();
    await settle();
    client.send({ channelId: 'alice~bob', text: 'unknown channel' }); // its head is asked for; stored meanwhile as untried
    await clock.advance(0);
    socket.answer(socket.request('getChannel'), { type: 'channel', value: { channelId: 'alice~bob', head: 5 } });
    await settle();
    expect(texts(socket)).toEqual(['mine 0']);
    storage.saves[1]?.end();
    await settle();
    expect(texts(socket)).toEqual(['mine 0']);
    storage.saves[2]?.end();
    await settle();
    expect(texts(socket)).toEqual(['mine 0', 'unknown channel']);
  });

  it('shares one save with all that go out with it', async () => {
    const { storage, socket } = await queuedOffline(4);
    expect(storage.saves).toHaveLength(1);
    storage.saves[0]?.end();
    await settle();
    expect(texts(socket)).toEqual(['mine 0', 'mine 1', 'mine 2', 'mine 3']);
  });

  it('goes out all the same when the storage fails, which is told', async () => {
    const { storage, socket, problems } = await queuedOffline();
    storage.saves[0]?.fail(new Error('the disk is full'));
    await settle();
    expect(texts(socket)).toEqual(['mine 0']);
    expect(problems).toEqual([new Error('the disk is full')]);
  });

  it('goes out after two seconds when the storage is slower, told once, and the next ones do not wait for it', async () => {
    const { storage, socket, client, problems, clock } = await queuedOffline();
    await clock.advance(1999);
    expect(sends(socket)).toEqual([]);
    await clock.advance(1);
    expect(texts(socket)).toEqual(['mine 0']);
    expect(problems).toMatchObject([{ kind: 'timeout' }]);
    client.send({ channelId: 'alice~bob', text: 'next' });
    await clock.advance(0);
    socket.answer(socket.request('getChannel'), { type: 'channel', value: { channelId: 'alice~bob', head: 5 } });
    await settle();
    expect(texts(socket)).toEqual(['mine 0', 'next']);
    storage.saves[0]?.end();
    await settle();
    expect(storage.saves).toHaveLength(2); // the state of now is saved after it
    expect(problems).toHaveLength(1);
  });

  it('is not sent any more when its deadline passes while it waits', async () => {
    const { storage, socket, client, clock } = await queuedOffline();
    const late = client.send({ channelId: GROUP, text: 'late', deadlineMs: 100 });
    await clock.advance(100);
    expect(late).toMatchObject({ state: 'failed', error: { kind: 'timeout' } });
    storage.saves[0]?.end();
    await settle();
    expect(texts(socket)).toEqual(['mine 0']);
  });
});

describe('a first attempt of what no storage holds as untried', () => {
  it('waits for nothing: a crash leaves no trace of it to be sent again', async () => {
    const storage = new SlowStorage();
    const given = setup({ storage });
    const socket = await online(given);
    socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
    storage.quick = false;
    given.client.send({ channelId: GROUP, text: 'at once' });
    expect(texts(socket)).toEqual(['at once']);
    await settle();
    storage.saves[0]?.end();
    await settle();
    expect(storage.durable?.outbox).toMatchObject([{ text: 'at once', base: 10 }]);
  });

  it('is not what has got a new id: the storage has its old one', async () => {
    const { storage, socket } = await queuedOffline();
    storage.saves[0]?.end();
    await settle();
    socket.refuse(socket.request('send'), 'expired', v1.Retry.NEVER);
    await settle();
    expect(sends(socket)).toHaveLength(1);
    storage.saves[1]?.end();
    await settle();
    const [old, renewed] = sends(socket);
    expect(renewed?.clientMessageId).not.toBe(old?.clientMessageId);
  });
});
