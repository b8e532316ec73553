import { describe, expect, it } from 'vitest';
import { Long, v1 } from '../src/protocol/wire.js';
import { settle } from './testing/fake-clock.js';
import { messageEvent, type ScriptedSocket } from './testing/scripted-gateway.js';
import { online, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';

const heardAt =
  (socket: ScriptedSocket) =>
  (userId: string, stopped = false): void =>
    socket.say({ requestId: 0, sessionSeq: 0, body: { type: 'typing', value: { channelId: GROUP, userId, stopped } } });

describe('typing', () => {
  it('of others is told until 6 s after the last word of it, or until their message', async () => {
    const given = setup();
    const told: string[] = [];
    given.client.on('typing', ({ channelId, userIds }) => told.push(`${channelId}:${userIds.join(' ')}`));
    const socket = await online(given);
    const typing = heardAt(socket);
    typing('bob');
    await given.clock.advance(4_000);
    typing('bob');
    typing('carol');
    await given.clock.advance(4_000);
    expect(told).toEqual([`${GROUP}:bob`, `${GROUP}:bob carol`]);
    socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'done'));
    await given.clock.advance(4_000);
    expect(told.slice(2)).toEqual([`${GROUP}:carol`, `${GROUP}:`]);
  });

  it('of others ends at once when they say that they stopped, or edited', async () => {
    const given = setup();
    const told: string[] = [];
    given.client.on('typing', ({ userIds }) => told.push(userIds.join(' ')));
    const socket = await online(given);
    const typing = heardAt(socket);
    socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'dine'));
    typing('bob');
    typing('bob', true);
    expect(told).toEqual(['bob', '']);
    typing('bob', true);
    typing('bob');
    const edited = { seq: 10, message: { text: 'done' } };
    socket.deliver(2, v1.Event.fromObject({ ...messageEvent(GROUP, 11, 'bob', ''), message: undefined, edited }));
    expect(told.slice(2)).toEqual(['bob', '']);
  });

  it('of oneself ends with a word of it, as long as others show it, and is then news again', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
    const said = (): boolean[] => socket.got('typing').map(({ stopped }) => stopped ?? false);
    given.client.typing(GROUP, true);
    expect(said()).toEqual([]);
    given.client.typing(GROUP);
    await given.clock.advance(5_000);
    given.client.typing(GROUP, true);
    given.client.typing(GROUP, true);
    given.client.typing(GROUP);
    expect(said()).toEqual([false, true, false]);
    given.client.send({ channelId: GROUP, text: 'there' });
    given.client.typing(GROUP, true);
    given.client.typing(GROUP);
    await given.clock.advance(6_000);
    given.client.typing(GROUP, true);
    expect(said()).toEqual([false, true, false, false]);
  });

  it('of oneself is said every 3 s while it goes on, anew after a message, and never while invisible', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
    const said = (): number => socket.got('typing').length;
    for (let i = 0; i < 10; i++) {
      given.client.typing(GROUP);
      await given.clock.advance(500);
    }
    expect(said()).toBe(2);
    given.client.send({ channelId: GROUP, text: 'there' });
    given.client.typing(GROUP);
    expect(said()).toBe(3);
    socket.push({ type: 'ownPresence', value: { choice: v1.PresenceState.INVISIBLE } });
    await given.clock.advance(10_000);
    given.client.typing(GROUP);
    expect(said()).toBe(3);
  });
});

describe("one's own presence", () => {
  it('is set, told on every device, and begins plain with each new session', async () => {
    const given = setup();
    const seen: unknown[] = [];
    given.client.on('ownPresence', (own) => seen.push(own));
    const socket = await online(given);
    const statusUntil = new Date(given.clock.now() + 60_000);
    const setting = given.client.setPresence({ choice: 'doNotDisturb', status: 'Lunch', statusUntil });
    expect(socket.got('setPresence')[0]).toMatchObject({
      choice: v1.PresenceState.DO_NOT_DISTURB,
      status: 'Lunch',
      statusUntil: Long.fromNumber(statusUntil.getTime(), true),
    });
    socket.answer(socket.request('setPresence'), { type: 'done', value: {} });
    await setting;
    const value = { choice: v1.PresenceState.DO_NOT_DISTURB, status: 'Lunch', statusUntil: Long.fromNumber(0, true) };
    socket.push({ type: 'ownPresence', value });
    expect(given.client.ownPresence).toEqual({ choice: 'doNotDisturb', status: 'Lunch', statusUntil: undefined });
    given.client.setIdle(true);
    expect(socket.got('setPresence').at(-1)).toMatchObject({ idle: true });
    socket.cut();
    await given.clock.advance(40_000);
    given.gateway.socket.welcome();
    await settle();
    expect(given.gateway.socket.got('setPresence')).toMatchObject([{ idle: true }]);
    expect(seen).toEqual([
      { choice: 'doNotDisturb', status: 'Lunch', statusUntil: undefined },
      { choice: 'online', status: '', statusUntil: undefined },
    ]);
  });

  it('says whether anybody is at the device until it is answered: without a connection nobody heard it, and it may be refused', async () => {
    const given = setup();
    await online(given);
    const said = (): unknown[] => given.gateway.socket.got('setPresence').map(({ idle }) => idle);
    const answer = async (): Promise<void> => {
      const { socket } = given.gateway;
      socket.answer(socket.request('setPresence'), { type: 'done', value: {} });
      await settle();
    };
    for (const idle of [true, false]) {
      given.gateway.socket.cut();
      given.client.setIdle(idle);
      await given.clock.advance(5_000);
      given.gateway.socket.welcome({ resumed: true });
      await settle();
      expect(said()).toEqual([idle]);
      await answer();
    }
    given.client.setIdle(true);
    const { socket } = given.gateway;
    socket.refuse(socket.request('setPresence'), 'overloaded', v1.Retry.BACKOFF, 1_000);
    await given.clock.advance(5_000);
    expect(said()).toEqual([false, true, true]);
    given.client.setIdle(false); // not before the server knows the other
    await answer();
    expect(said()).toEqual([false, true, true, false]);
    await answer();
    socket.cut();
    await given.clock.advance(5_000);
    given.gateway.socket.welcome({ resumed: true });
    await settle();
    expect(said()).toEqual([]); // it is known
  });

  it('says that nobody is at the device also when that was so before connecting, and when it connects again', async () => {
    const given = setup();
    given.client.setIdle(true);
    await online(given);
    await settle();
    expect(given.gateway.socket.got('setPresence')).toMatchObject([{ idle: true }]);
    await given.client.close();
    await online(given);
    await settle();
    expect(given.gateway.socket.got('setPresence')).toMatchObject([{ idle: true }]);
    await given.client.close();
    given.client.setIdle(false);
    await online(given);
    await settle();
    expect(given.gateway.socket.got('setPresence')).toEqual([]);
  });
});
