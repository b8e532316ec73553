import { describe, expect, it } from 'vitest';
import { CLOSE } from '../src/core/errors.js';
import { v1 } from '../src/protocol/wire.js';
import { fixedRandom, settle } from './testing/fake-clock.js';
import { messageEvent, type ScriptedSocket } from './testing/scripted-gateway.js';
import { online, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';

function answerHeartbeats(socket: ScriptedSocket, cursor?: v1.ICursor): void {
  socket.onFrame = ({ body }) => {
    if (body.type === 'heartbeat')
      socket.say({ requestId: 0, sessionSeq: 0, body: { type: 'heartbeat', value: cursor ? { cursor } : {} } });
  };
}

describe('the connection', () => {
  it('says hello with token and device, and no cursor on a new device', async () => {
    const given = setup();
    const socket = await online(given);
    expect(socket.url).toBe('ws://one');
    expect(socket.got('hello')[0]).toMatchObject({
      token: 'token-1',
      deviceId: 'device-1',
      cursor: null,
      resume: null,
    });
    expect(given.states.map(({ type }) => type)).toEqual(['connecting', 'online']);
  });

  it('tries the next gateway when one does not answer, and asks discovery once all have failed', async () => {
    const asked: string[] = [];
    const answer = { gateways: ['ws://three'] };
    const fetcher = async (url: unknown): Promise<Response> => {
      asked.push(String(url));
      return new Response(JSON.stringify(answer));
    };
    const given = setup({ fetch: fetcher as typeof fetch });
    void given.client.connect();
    await settle();
    for (let i = 0; i < 2; i++) {
      given.gateway.socket.cut();
      await given.clock.advance(10_000);
    }
    expect(given.gateway.sockets.map(({ url }) => url)).toEqual(['ws://one', 'ws://two', 'ws://three']);
    expect(asked).toEqual(['http://api/v1/gateways']);
    expect(given.client.session?.gateways).toEqual(['ws://three']);
  });

  it('gives up on a gateway that takes the socket and never welcomes', async () => {
    const given = setup();
    void given.client.connect();
    await given.clock.advance(12_000);
    expect(given.gateway.sockets[0]?.closed).toBe(true);
    expect(given.gateway.sockets[1]?.url).toBe('ws://two');
  });

  it.each([
    [CLOSE.overloaded, 'waiting'],
    [CLOSE.draining, 'connecting'],
    [CLOSE.flood, 'closed'],
    [1006, 'waiting'],
  ])('after close code %i it is %s', async (code, type) => {
    const given = setup();
    const socket = await online(given);
    await given.clock.advance(6000);
    socket.cut(code);
    await settle();
    expect(given.client.connection.type).toBe(type);
  });

  it('waits longer with each failure, jittered, at least as long as the server says', async () => {
    const given = setup();
    given.gateway.accepts = false;
    void given.client.connect();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      await settle();
      given.gateway.socket.cut();
      const state = given.client.connection;
      if (state.type !== 'waiting') throw new Error('it does not wait');
      waits.push(state.retryAt.getTime() - given.clock.now());
      await given.clock.advance(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([250, 500, 1000, 2000]);
    await settle();
    given.gateway.socket.open();
    given.gateway.socket.refuse(given.gateway.socket.request('hello'), 'overloaded', v1.Retry.BACKOFF, 60_000);
    given.gateway.socket.cut(CLOSE.overloaded);
    const state = given.client.connection;
    expect(state.type === 'waiting' && state.retryAt.getTime() - given.clock.now()).toBeGreaterThanOrEqual(60_000);
  });

  it('does not reconnect in a tight loop when every new connection ends at once', async () => {
    const given = setup();
    await online(given);
    for (let i = 0; i < 5; i++) {
      given.gateway.socket.cut(CLOSE.owner_changed);
      await settle();
      if (given.gateway.socket.closed) break;
      given.gateway.socket.welcome();
    }
    expect(given.client.connection.type).toBe('waiting');
    expect(given.gateway.sockets.length).toBeLessThanOrEqual(3);
  });

  it('resumes the session within the window, and gives the cursor too', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(5, messageEvent(GROUP, 1, 'bob', 'a'));
    socket.cut();
    await given.clock.advance(1000);
    expect(given.gateway.socket.got('hello')[0]).toMatchObject({
      resume: { sessionId: 'session-1', sessionSeq: 1 },
      cursor: { term: 1, sub: 0, inboxSeq: 5 },
    });
    const updates: unknown[] = [];
    given.client.on('readUpdate', (update) => updates.push(update));
    given.gateway.socket.welcome({ resumed: true });
    given.gateway.socket.push(
      { type: 'readUpdate', value: { channelId: GROUP, seq: 1, unread: 0 } },
      1, // sent again
    );
    given.gateway.socket.push({ type: 'readUpdate', value: { channelId: GROUP, seq: 1, unread: 0 } }, 2);
    expect(updates).toHaveLength(1);
    expect(given.client.connection).toMatchObject({ type: 'online', resumed: true });
  });

  it('comes back by the cursor alone once the window has passed', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(5, messageEvent(GROUP, 1, 'bob', 'a'));
    given.gateway.accepts = false;
    socket.cut();
    await given.clock.advance(60_000);
    given.gateway.accepts = true;
    await given.clock.advance(30_000);
    const hello = given.gateway.sockets.slice(1).flatMap((next) => next.got('hello'))[0];
    expect(hello).toMatchObject({ resume: null, cursor: { inboxSeq: 5 } });
  });

  it('goes back with the server to a cursor that was cut, and takes what comes after it', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(5, messageEvent(GROUP, 1, 'bob', 'a'));
    socket.cut(CLOSE.unavailable);
    await given.clock.advance(1000);
    given.gateway.socket.welcome({ cursor: { term: 1, sub: 0, inboxSeq: 3 } });
    await given.clock.advance(13_000);
    expect(given.gateway.socket.got('heartbeat')[0]?.cursor?.inboxSeq).toBe(3);
    given.gateway.socket.deliver(4, messageEvent(GROUP, 1, 'bob', 'a'), { term: 2, sub: 0 });
    given.gateway.socket.deliver(5, messageEvent(GROUP, 2, 'bob', 'b'), { term: 2, sub: 0 });
    expect(given.seen).toEqual([`${GROUP}#1 a`, `${GROUP}#2 b`]);
  });

  it('takes a hole in the session sequence for lost frames: reconnects with the cursor, without resume', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, messageEvent(GROUP, 1, 'bob', 'a'));
    socket.push({ type: 'readUpdate', value: { channelId: GROUP, seq: 1, unread: 0 } }, 5);
    expect(socket.closed).toBe(true);
    await given.clock.advance(1000);
    expect(given.gateway.socket.got('hello')[0]).toMatchObject({ resume: null, cursor: { inboxSeq: 1 } });
  });

  it('sends heartbeats, the first after a random part of the interval, and ends a connection that misses one', async () => {
    const given = setup();
    const socket = await online(given);
    answerHeartbeats(socket);
    await given.clock.advance(12_499);
    expect(socket.got('heartbeat')).toHaveLength(0);
    await given.clock.advance(1);
    expect(socket.got('heartbeat')).toHaveLength(1);
    await given.clock.advance(50_000);
    expect(socket.got('heartbeat')).toHaveLength(3);
    socket.onFrame = undefined;
    await given.clock.advance(35_000);
    expect(socket.closed).toBe(true);
    expect(given.gateway.sockets).toHaveLength(2);
  });

  it('reconnects when heartbeats tell of an inbox entry that does not come', async () => {
    const given = setup();
    const socket = await online(given);
    answerHeartbeats(socket, { term: 1, sub: 0, inboxSeq: 9 });
    await given.clock.advance(40_000);
    expect(socket.closed).toBe(true);
  });

  it('moves to the gateway that a reconnect frame names, after a part of the spread', async () => {
    const given = setup();
    const socket = await online(given);
    socket.say({
      requestId: 0,
      sessionSeq: 0,
      body: { type: 'reconnect', value: { deadlineMs: 20_000, spreadMs: 8000, to: ['ws://other'] } },
    });
    await given.clock.advance(3999);
    expect(given.gateway.sockets).toHaveLength(1);
    await given.clock.advance(1);
    expect(given.gateway.socket.url).toBe('ws://other');
    expect(socket.closed).toBe(true);
  });

  it('gets a new token when the server says that the old one has expired', async () => {
    const calls: unknown[] = [];
    const fetcher = async (url: unknown, init?: RequestInit): Promise<Response> => {
      calls.push([String(url), init?.body]);
      return new Response(
        JSON.stringify({
          user: { userId: 'alice', displayName: 'Alice', locale: 'en', timeZone: 'UTC' },
          deviceId: 'device-1',
          accessToken: 'token-2',
          accessTokenExpiresAt: 1_700_009_999_000,
          refreshToken: 'refresh-2',
          gateways: ['ws://one'],
        }),
      );
    };
    const given = setup({ fetch: fetcher as typeof fetch }, { refreshToken: 'refresh-1' });
    const socket = await online(given);
    await given.clock.advance(6000);
    socket.cut(CLOSE.token_expired);
    await settle();
    expect(calls).toEqual([['http://api/v1/sessions/refresh', '{"refreshToken":"refresh-1"}']]);
    expect(given.gateway.socket.got('hello')[0]?.token).toBe('token-2');
    expect(given.client.session?.refreshToken).toBe('refresh-2');
  });

  it('rejects connect and stays closed when it is refused for good', async () => {
    const given = setup();
    const connected = given.client.connect();
    await settle();
    given.gateway.socket.refuse(given.gateway.socket.request('hello'), 'session_revoked', v1.Retry.NEVER);
    given.gateway.socket.cut(CLOSE.session_revoked);
    await expect(connected).rejects.toMatchObject({ kind: 'session_revoked' });
    await given.clock.advance(60_000);
    expect(given.gateway.sockets).toHaveLength(1);
  });

  it.each(['request', 'heartbeat'])(
    'does not take the refusal of a %s for the reason of a later close',
    async (type) => {
      const given = setup();
      const socket = await online(given);
      const refused = given.client.history(GROUP).catch((error: unknown) => error);
      if (type === 'request') socket.refuse(socket.request('readHistory'), 'channel_not_found', v1.Retry.NEVER);
      else socket.refuse(0, 'rate_limited', v1.Retry.BACKOFF);
      socket.deliver(1);
      socket.cut(CLOSE.session_revoked);
      await refused;
      expect(given.client.connection).toMatchObject({ type: 'closed', error: { kind: 'session_revoked' } });
    },
  );

  it('tells the error of the connection that came before its close', async () => {
    const given = setup();
    const socket = await online(given);
    socket.refuse(0, 'rate_limited', v1.Retry.BACKOFF);
    socket.cut(CLOSE.flood);
    expect(given.client.connection).toMatchObject({ type: 'closed', error: { kind: 'rate_limited' } });
  });

  it('repeats questions on the next connection, and gives up at their deadline', async () => {
    const given = setup();
    const socket = await online(given);
    const page = given.client.history(GROUP);
    const late = given.client.getMessage('17').catch((error: unknown) => error);
    socket.cut();
    await given.clock.advance(1000);
    given.gateway.socket.welcome();
    const next = given.gateway.socket;
    const value = { channelId: GROUP, events: [messageEvent(GROUP, 3, 'bob', 'c')], head: 3, floor: 2 };
    next.answer(next.request('readHistory'), { type: 'history', value });
    await expect(page).resolves.toMatchObject({ head: 3, floor: 2, events: [{ seq: 3, text: 'c' }] });
    expect(next.got('getMessage')[0]?.messageId.toString()).toBe('17');
    await given.clock.advance(15_000);
    await expect(late).resolves.toMatchObject({ kind: 'timeout' });
  });

  it('watches the same presence on each new session', async () => {
    const given = setup();
    const socket = await online(given);
    void given.client.watchPresence(['bob']);
    socket.answer(socket.request('watchPresence'), { type: 'done', value: {} });
    socket.cut();
    await given.clock.advance(1000);
    given.gateway.socket.welcome({ sessionId: 'session-2' });
    expect(given.gateway.socket.got('watchPresence')).toMatchObject([{ userIds: ['bob'] }]);
  });

  it('leaves no timer behind when closed, and can connect again', async () => {
    const given = setup({ random: fixedRandom(0.1) });
    const socket = await online(given);
    socket.deliver(1, messageEvent(GROUP, 1, 'bob', 'a'));
    socket.deliver(2, messageEvent(GROUP, 5, 'bob', 'e'));
    await given.client.close();
    expect(given.clock.pending).toBe(0);
    expect(given.client.connection.type).toBe('closed');
    const again = await online(given);
    expect(again.got('hello')[0]?.cursor?.inboxSeq).toBe(1);
  });

  it.each(['the server', 'the application'])('goes on where it stood after %s closed it for good', async (who) => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(5, messageEvent(GROUP, 70, 'bob', 'before'), { term: 9, sub: 1 });
    const message = given.client.send({ channelId: GROUP, text: 'on its way' });
    const sent = message.sent();
    if (who === 'the server') socket.cut(CLOSE.session_revoked);
    else await given.client.close();
    expect(given.client.connection.type).toBe('closed');
    expect(() => given.client.send({ channelId: GROUP, text: 'to nowhere' })).toThrow('Call connect first.');
    const again = await online(given);
    expect(again.got('hello')[0]).toMatchObject({ cursor: { term: 9, sub: 1, inboxSeq: 5 } });
    const tried = again.got('send')[0];
    expect(tried).toMatchObject({ clientMessageId: message.clientMessageId });
    again.acknowledge(again.request('send'), tried ?? {}, 71);
    await expect(sent).resolves.toMatchObject({ seq: 71 });
    expect(given.client.pending(GROUP)).toEqual([]);
  });

  it('starts anew, from the beginning of the inbox, when the server does not know the cursor any more', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(7, messageEvent(GROUP, 70, 'bob', 'before'), { term: 9, sub: 1 });
    const message = given.client.send({ channelId: GROUP, text: 'tried before' });
    expect(socket.got('send')[0]).toMatchObject({ base: 70 });
    await given.clock.advance(1_000);
    expect(socket.got('acknowledge')).toHaveLength(1);
    socket.cut();
    await given.clock.advance(40_000);
    const refusing = given.gateway.socket;
    expect(refusing.got('hello')[0]).toMatchObject({ cursor: { term: 9, sub: 1, inboxSeq: 7 } });
    refusing.refuse(refusing.request('hello'), 'cursor_invalid', v1.Retry.NEVER);
    refusing.cut(CLOSE.bad_frame);
    await given.clock.advance(10_000);
    const again = given.gateway.socket;
    expect(again).not.toBe(refusing);
    expect(again.got('hello')[0]).toMatchObject({ cursor: { term: 0, sub: 0, inboxSeq: 0 } });
    again.welcome();
    again.deliver(1, messageEvent(GROUP, 1, 'bob', 'after'), { term: 1, sub: 1 });
    expect(given.seen).toEqual([`${GROUP}#70 before`, `${GROUP}#1 after`]);
    again.answer(again.request('getChannel'), { type: 'channel', value: { channelId: GROUP, head: 1 } });
    await settle();
    const tried = again.got('send')[0];
    expect(tried).toMatchObject({ base: 0, clientMessageId: message.clientMessageId });
    again.acknowledge(again.request('send'), tried ?? {}, 2);
    expect(message.state).toBe('sent');
    await given.clock.advance(1_000);
    expect(again.got('acknowledge')).toMatchObject([{ cursor: { term: 1, sub: 1, inboxSeq: 1 } }]);
  });
});
