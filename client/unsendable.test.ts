/** What can never be sent is refused at once, and nothing behind it waits for it. */
import { describe, expect, it } from 'vitest';
import { ParleyClient } from './client.js';
import { type ClientStorage, localStorageStorage, memoryStorage } from './storage.js';
import { settle } from './testing/fake-clock.js';
import { messageEvent, type ScriptedSocket } from './testing/scripted-gateway.js';
import { online, type Setup, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';

async function inGroup(given: Setup): Promise<ScriptedSocket> {
  const socket = await online(given);
  socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
  return socket;
}

const texts = (socket: ScriptedSocket) => socket.got('send').map(({ message }) => message?.text);

describe('a message that can never be sent', () => {
  it.each([
    ['too large for a frame', 'x'.repeat(70_000), 'frame_too_large'],
    ['of 90 kB in 30,000 characters', '語'.repeat(30_000), 'frame_too_large'],
    ['with half of a surrogate pair', 'a \ud83d b', 'invalid_argument'],
    ['that is no text', 5 as unknown as string, 'invalid_argument'],
  ])('is refused at once: one %s', async (_, text, kind) => {
    const isText = typeof text === 'string'; // in JSON a number becomes one
    for (const subprotocol of ['parley.v1.protobuf', ...(isText ? (['parley.v1.json'] as const) : [])] as const) {
      const given = setup({ subprotocol });
      const socket = await inGroup(given);
      expect(() => given.client.send({ channelId: GROUP, text })).toThrow(expect.objectContaining({ kind }));
      expect(given.client.pending(GROUP)).toEqual([]);
      given.client.send({ channelId: GROUP, text: 'the next one' });
      expect(texts(socket)).toEqual(['the next one']);
    }
  });

  it('takes whole surrogate pairs', async () => {
    const given = setup();
    const socket = await inGroup(given);
    given.client.send({ channelId: GROUP, text: 'a 🎉 b' });
    expect(texts(socket)).toEqual(['a 🎉 b']);
  });

  it('fails when it comes from a storage, and those after it go out', async () => {
    const storage = memoryStorage();
    const record = { channelId: GROUP, queuedAt: 1, base: 10, deadlineAt: undefined };
    await storage.save({
      userId: 'alice',
      deviceId: 'device-1',
      cursor: undefined,
      heads: { [GROUP]: 10 },
      behind: {},
      outbox: [
        { ...record, clientMessageId: 'a', text: 'half \ud83d' },
        { ...record, clientMessageId: 'b', text: 'whole' },
      ],
    });
    const given = setup({ storage });
    const states: unknown[] = [];
    given.client.on('sendState', ({ clientMessageId, state, error }) =>
      states.push([clientMessageId, state, error?.kind]),
    );
    const socket = await online(given);
    expect(states).toEqual([['a', 'failed', 'invalid_argument']]);
    expect(texts(socket)).toEqual(['whole']);
  });

  it('is refused by the limit that the server told, not kept', async () => {
    const given = setup();
    const connected = given.client.connect();
    await settle();
    given.gateway.socket.welcome({ limits: { unsettledSendsMax: 4, frameBytesMax: 1_000 } });
    await connected;
    given.gateway.socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
    const message = given.client.send({ channelId: GROUP, text: 'x'.repeat(2_000) });
    await expect(message.sent()).rejects.toMatchObject({ kind: 'frame_too_large' });
    given.client.send({ channelId: GROUP, text: 'the next one' });
    expect(texts(given.gateway.socket)).toEqual(['the next one']);
  });
});

describe('a request that can never be sent', () => {
  it('is refused, and those beside it are answered', async () => {
    const given = setup();
    const socket = await online(given);
    await expect(given.client.rename(GROUP, 'x'.repeat(70_000))).rejects.toMatchObject({ kind: 'frame_too_large' });
    const asked = given.client.join(GROUP);
    expect(socket.got('join')).toHaveLength(1);
    await given.client.close();
    await expect(asked).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a start that fails', () => {
  it('is a rejection where the runtime has no WebSocket', async () => {
    const { client } = setup();
    const { session } = client;
    if (session === undefined) throw new Error('setup logs in');
    const had = globalThis.WebSocket;
    Object.assign(globalThis, { WebSocket: undefined });
    try {
      await expect(new ParleyClient({ session }).connect()).rejects.toMatchObject({ kind: 'invalid_argument' });
    } finally {
      Object.assign(globalThis, { WebSocket: had });
    }
  });

  it('can be tried again when the storage could not be read once', async () => {
    const { save, load } = memoryStorage();
    let fails = true;
    const storage: ClientStorage = {
      save,
      load: () => {
        if (fails) throw new Error('the disk is away');
        return load();
      },
    };
    const given = setup({ storage });
    await expect(given.client.connect()).rejects.toThrow('the disk is away');
    fails = false;
    await online(given);
  });

  it('is none where the stored state is no JSON', () => {
    const items = new Map([['state', '{"userId":']]);
    const storage = { getItem: (key: string) => items.get(key) ?? null, setItem: () => {} } as unknown as Storage;
    expect(localStorageStorage('state', storage).load()).toBeUndefined();
    expect(localStorageStorage('other', storage).load()).toBeUndefined();
  });
});
