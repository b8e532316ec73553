import { describe, expect, it } from 'vitest';
import { v1 } from '../../src/protocol/wire.js';
import { FakeSession, memoryWorld, type World } from './fixture.js';

const world = () => memoryWorld('alice', 'bob');

/** Asks for a session by a token that was issued then. */
function open(chat: World, issuedAtMs: number, deviceId = 'phone') {
  const caller = { userId: 'bob', deviceId, sessionId: `bob/${deviceId}${issuedAtMs}`, issuedAtMs };
  const gateway = chat.edge.address;
  return chat.question('user:bob', { type: 'session_open', caller, gateway, cursor: undefined, visible: true });
}

const revoke = (chat: World, atMs: number, deviceId?: string) =>
  chat.question('user:bob', { type: 'revoke', deviceId, atMs });

describe('a device that was logged out', () => {
  it('opens nothing with a token of before, and everything with one of a later login', async () => {
    const chat = await world();
    const now = chat.clock.now();
    await revoke(chat, now, 'phone');
    await expect(open(chat, now)).rejects.toMatchObject({ kind: 'session_revoked' });
    const caller = { userId: 'bob', deviceId: 'phone', sessionId: '', issuedAtMs: now - 1 };
    const poll = { type: 'inbox_read', caller, cursor: undefined, limit: 1 } as const;
    await expect(chat.question('user:bob', poll)).rejects.toMatchObject({ kind: 'session_revoked' });
    const list = { type: 'listChannels', value: v1.ListChannels.create({}) } as const;
    const asked = chat.question('user:bob', { type: 'request', caller, body: list });
    await expect(asked).rejects.toMatchObject({ kind: 'session_revoked' });
    expect(await open(chat, now, 'desk')).toMatchObject({ type: 'session_opened' });
    expect(await open(chat, now + 1)).toMatchObject({ type: 'session_opened' });
  });

  it('is remembered over a crash of the server, once that is answered', async () => {
    const chat = await world();
    const now = chat.clock.now();
    expect(await revoke(chat, now)).toEqual({ type: 'done', value: {} });
    await chat.crash();
    await expect(open(chat, now)).rejects.toMatchObject({ kind: 'session_revoked' });
    expect(await open(chat, now + 1)).toMatchObject({ type: 'session_opened' });
  });

  it('loses its sessions, and none of a later login when it is said again', async () => {
    const chat = await world();
    const now = chat.clock.now();
    const endOf = async (issuedAtMs: number) => {
      const sessionId = `bob/phone${issuedAtMs}`;
      chat.sessions.set(sessionId, new FakeSession());
      await open(chat, issuedAtMs);
      await revoke(chat, now, 'phone');
      return chat.sessions.get(sessionId)?.events.filter(({ type }) => type === 'session_end');
    };
    expect(await endOf(now)).toMatchObject([{ reason: 'session_revoked' }]);
    expect(await endOf(now + 1)).toEqual([]);
  });

  it('is heard of by the notice of older processes, too', async () => {
    const chat = await world();
    const now = chat.clock.now();
    chat.edge.tell('user:bob', { type: 'revoked', deviceId: 'phone', atMs: now });
    await expect(open(chat, now)).rejects.toMatchObject({ kind: 'session_revoked' });
  });

  it('is not taken over again when its gateway had not heard of the end of its session', async () => {
    const chat = await world();
    const now = chat.clock.now();
    const bob = await chat.connect('bob');
    await revoke(chat, now, 'd');
    const caller = { userId: 'bob', deviceId: 'd', sessionId: bob.id, issuedAtMs: now };
    const confirmation = { sessionId: bob.id, put: bob.cursor, acknowledged: undefined };
    const gateway = chat.edge.address;
    chat.edge.tell('user:bob', { type: 'session_confirm', confirmation, caller, gateway, visible: true });
    await chat.clock.settle();
    const end = { type: 'session_end', reason: 'session_revoked' };
    expect(bob.session.events).toMatchObject([end, end]);
  });
});
