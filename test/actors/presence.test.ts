import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../src/core/errors.js';
import { LIMITS } from '../../src/core/limits.js';
import { passTyping } from '../../src/gateway/requests.js';
import { Long, v1 } from '../../src/protocol/wire.js';
import { type FakeSession, memoryWorld, type World } from './fixture.js';

const { ONLINE, OFFLINE, AWAY, DO_NOT_DISTURB, INVISIBLE, PRESENCE_UNKNOWN } = v1.PresenceState;

/** Bob, and alice, who is his friend and looks. */
async function world() {
  const chat = await memoryWorld('alice', 'bob');
  chat.people.accounts.get('bob')?.friends.add('alice');
  const alice = await chat.connect('alice');
  await watch(chat, alice.id);
  return { chat, alice: alice.session, aliceId: alice.id };
}

/** The same after bob was here and has been gone for long. */
async function gone() {
  const place = await world();
  const bob = await place.chat.connect('bob');
  await place.chat.clock.advance(1_000);
  place.chat.disconnect('bob', bob.id);
  await waitIdle(place.chat, place.aliceId);
  return place;
}

/** Alice looks for a minute more, then no more, until bob's actor has gone to rest. */
async function waitIdle(chat: World, aliceId: string): Promise<void> {
  await keep(chat, 60_000);
  await chat.request('alice', { type: 'watchPresence', value: v1.WatchPresence.create({ userIds: [] }) }, aliceId);
  await keep(chat, 400_000);
}

/** Time goes by in which alice's session stays. */
async function keep(chat: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20_000) {
    chat.confirmLease('alice');
    await chat.clock.advance(20_000);
  }
}

async function watch(chat: World, sessionId: string): Promise<void> {
  const value = v1.WatchPresence.create({ userIds: ['bob'] });
  await chat.request('alice', { type: 'watchPresence', value }, sessionId);
  await chat.clock.advance(1_500);
}

async function set(chat: World, change: v1.ISetPresence, sessionId = ''): Promise<void> {
  await chat.request('bob', { type: 'setPresence', value: v1.SetPresence.create(change) }, sessionId);
  await chat.clock.advance(6_000);
}

/** The gateway speaks of these users' sessions when it is asked to; returns how often it was. */
function setAnswers(chat: World, ...userIds: string[]): { count: number } {
  const answering = { count: 0 };
  chat.edge.onEnvelope((envelope) => {
    chat.receive(envelope);
    const userId = 'sessionId' in envelope ? (envelope.sessionId.split('/')[0] ?? '') : '';
    if (envelope.type !== 'push' || envelope.items.length > 0 || !userIds.includes(userId)) return;
    answering.count++;
    chat.confirmLease(userId);
  });
  return answering;
}

const presences = ({ events }: FakeSession): v1.IPresence[] =>
  events.flatMap((item) =>
    item.type === 'session_event' && item.event.type === 'presence' ? (item.event.value.items ?? []) : [],
  );
const states = (session: FakeSession) => presences(session).map(({ state }) => state);
const last = (session: FakeSession) => presences(session).at(-1);
const own = ({ events }: FakeSession): unknown[] =>
  events.flatMap((item) =>
    item.type === 'session_event' && item.event.type === 'ownPresence' ? [item.event.value] : [],
  );

describe('presence', () => {
  it('is told to a session that a new activation has taken over, once its gateway has asked again', async () => {
    const { chat, alice, aliceId } = await world();
    await chat.connect('bob');
    await chat.crash();
    for (const userId of ['alice', 'bob']) chat.confirmLease(userId);
    await chat.clock.settle();
    expect(alice.events).toContainEqual({ type: 'session_adopted', sessionId: aliceId });
    await watch(chat, aliceId);
    await set(chat, { choice: DO_NOT_DISTURB });
    expect(last(alice)).toMatchObject({ userId: 'bob', state: DO_NOT_DISTURB });
  });

  it('is what was chosen, with a status that ends by itself, and every device of the user is told', async () => {
    const { chat, alice } = await world();
    const [phone, desk] = [await chat.connect('bob'), await chat.connect('bob')];
    await chat.clock.advance(6_000);
    const statusUntil = Long.fromNumber(chat.clock.now() + 60_000, true);
    await set(chat, { choice: DO_NOT_DISTURB, status: 'In a meeting', statusUntil }, phone.id);
    expect(last(alice)).toMatchObject({ state: DO_NOT_DISTURB, status: 'In a meeting', statusUntil });
    expect(own(desk.session)).toMatchObject([{ choice: DO_NOT_DISTURB, status: 'In a meeting' }]);
    await chat.clock.advance(60_000);
    expect(last(alice)).toMatchObject({ state: DO_NOT_DISTURB, status: '' });
    expect(own(desk.session).at(-1)).toMatchObject({ choice: DO_NOT_DISTURB, status: '' });
  });

  it('is away while every device says that nobody is there', async () => {
    const { chat, alice } = await world();
    const [phone, desk] = [await chat.connect('bob'), await chat.connect('bob')];
    await set(chat, { idle: true }, phone.id);
    expect(last(alice)?.state).toBe(ONLINE);
    await set(chat, { idle: true }, desk.id);
    expect(last(alice)?.state).toBe(AWAY);
    await set(chat, { idle: false }, phone.id);
    expect(last(alice)?.state).toBe(ONLINE);
    chat.disconnect('bob', phone.id);
    await chat.clock.advance(6_000);
    expect(last(alice)?.state).toBe(AWAY);
    await expect(set(chat, { idle: true })).rejects.toBeInstanceOf(ParleyError);
  });

  it('of who is invisible is offline, last seen as they became it, whatever they do then, and after a restart', async () => {
    const { chat, alice } = await world();
    const bob = await chat.connect('bob');
    await chat.clock.advance(6_000);
    const seenMs = chat.clock.now();
    await set(chat, { choice: INVISIBLE, status: 'hidden' }, bob.id);
    const hidden = { state: OFFLINE, lastSeen: Long.fromNumber(seenMs, true) };
    expect(last(alice)).toMatchObject(hidden);
    expect(last(alice)?.status ?? '').toBe('');
    const told = states(alice).length;
    chat.disconnect('bob', bob.id);
    await chat.clock.advance(120_000);
    await chat.connect('bob');
    await chat.clock.advance(120_000);
    expect(states(alice)).toHaveLength(told);

    await chat.crash();
    const again = await chat.connect('bob');
    const looking = await chat.connect('alice');
    await watch(chat, looking.id);
    await chat.clock.advance(60_000);
    expect(last(looking.session)).toMatchObject(hidden);
    expect(states(looking.session)).not.toContain(ONLINE);
    expect(own(again.session)).toMatchObject([{ choice: INVISIBLE, status: 'hidden' }]);
    await set(chat, { choice: ONLINE }, again.id);
    expect(last(looking.session)).toMatchObject({ state: ONLINE, status: 'hidden' });
  });

  it('goes offline once when a gateway dies without a word, last seen when it was last heard of', async () => {
    const { chat, alice } = await world();
    const bob = await chat.connect('bob');
    const heardMs = chat.clock.now();
    chat.sessions.delete(bob.id); // its gateway is gone: nothing is confirmed any more
    for (let i = 0; i < 20; i++) {
      chat.confirmLease('alice');
      await chat.clock.advance(LIMITS.sessionLeaseMs / 6);
    }
    expect(states(alice)).toEqual([OFFLINE, ONLINE, OFFLINE]);
    expect(Math.abs((last(alice)?.lastSeen?.toNumber() ?? 0) - heardMs)).toBeLessThan(2_000);
  });

  it('stays online for who comes back at another gateway within the grace', async () => {
    const { chat, alice } = await world();
    const bob = await chat.connect('bob');
    chat.sessions.delete(bob.id);
    await chat.clock.advance(5_000);
    const back = await chat.connect('bob');
    for (let i = 0; i < 20; i++) {
      chat.confirmLease('alice');
      chat.confirmLease('bob', back.id);
      await chat.clock.advance(LIMITS.sessionLeaseMs / 6);
    }
    expect(states(alice)).toEqual([OFFLINE, ONLINE]);
  });
});

describe('presence of who is gone', () => {
  it('is unknown once after a change of owner, as that of who is invisible, and offline from then on', async () => {
    const { chat, alice, aliceId } = await gone();
    await chat.crash();
    chat.confirmLease('alice');
    await chat.clock.settle();
    for (const expected of [PRESENCE_UNKNOWN, OFFLINE, OFFLINE]) {
      const told = states(alice).length;
      await watch(chat, aliceId);
      expect(states(alice)[told]).toBe(expected);
      await waitIdle(chat, aliceId);
    }
  });

  it('stays watched by one device while another changes again and again whom it watches', async () => {
    const { chat, alice } = await world();
    const other = await chat.connect('alice');
    const watchInTurn = async (): Promise<void> => {
      for (const userId of ['carol', 'dave', 'carol', 'dave', 'carol', 'dave']) {
        const value = v1.WatchPresence.create({ userIds: [userId] });
        await chat.request('alice', { type: 'watchPresence', value }, other.id);
        await keep(chat, 20_000);
      }
    };
    await watchInTurn();
    await chat.connect('bob');
    await watchInTurn();
    expect(last(alice)).toMatchObject({ userId: 'bob', state: ONLINE });
  });
});

describe('presence of who only polls', () => {
  it('is last seen at the newest poll, also once the actor has gone to rest', async () => {
    const { chat, alice, aliceId } = await gone();
    await chat.question('user:bob', {
      type: 'inbox_read',
      caller: { userId: 'bob', deviceId: 'd', sessionId: '' },
      cursor: undefined,
      limit: 10,
    });
    const seen = { state: OFFLINE, lastSeen: Long.fromNumber(chat.clock.now(), true) };
    await waitIdle(chat, aliceId);
    await watch(chat, aliceId);
    expect(last(alice)).toMatchObject(seen);
    await waitIdle(chat, aliceId);
    await chat.crash();
    const looking = await chat.connect('alice');
    await watch(chat, looking.id);
    await keep(chat, 40_000);
    expect(last(looking.session)).toMatchObject(seen);
  });
});

describe('typing', () => {
  const typing = (chat: World, channelId: string, userId: string, stopped = false): Promise<void> => {
    passTyping(chat.edge, { userId, deviceId: 'd', sessionId: '' }, v1.Typing.create({ channelId, stopped }));
    return chat.clock.settle();
  };
  const typed = ({ events }: FakeSession): unknown[] =>
    events.flatMap((item) => (item.type === 'session_event' && item.event.type === 'typing' ? [item.event.value] : []));

  it('is told to the other members, and neither to strangers nor to who blocked the writer', async () => {
    const { chat, alice } = await world();
    chat.people.add('carol');
    const bob = await chat.connect('bob');
    const carol = await chat.connect('carol');
    await chat.send('alice', { userId: 'bob' }, 'hi');
    await typing(chat, 'alice~bob', 'bob');
    chat.edge.tell('channel:alice~bob', { type: 'typing', channelId: 'alice~bob', userId: 'carol', stopped: false });
    await chat.clock.settle();
    expect(typed(alice)).toEqual([{ channelId: 'alice~bob', userId: 'bob', stopped: false }]);
    expect([...typed(bob.session), ...typed(carol.session)]).toEqual([]);
    chat.people.accounts.get('alice')?.blocked.add('bob');
    chat.edge.tell('user:alice', { type: 'directory_changed' });
    await typing(chat, 'alice~bob', 'bob');
    expect(typed(alice)).toHaveLength(1);
  });

  it('ends when the writer says that they stopped', async () => {
    const { chat, alice } = await world();
    await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'hi');
    await typing(chat, 'alice~bob', 'bob');
    await typing(chat, 'alice~bob', 'bob', true);
    expect(typed(alice)).toMatchObject([{ stopped: false }, { userId: 'bob', stopped: true }]);
  });

  it('gives nobody away who chose to be invisible', async () => {
    const { chat, alice } = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'hi');
    await set(chat, { choice: INVISIBLE });
    await typing(chat, 'alice~bob', 'bob');
    await typing(chat, 'alice~bob', 'bob', true);
    expect([...typed(alice), ...typed(bob.session)]).toEqual([]);
    await set(chat, { choice: ONLINE });
    await typing(chat, 'alice~bob', 'bob');
    expect(typed(alice)).toHaveLength(1);
  });

  it('is bounded for each channel, however many write', async () => {
    const { chat, alice } = await world();
    await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'hi');
    for (let i = 0; i < 100; i++) await typing(chat, 'alice~bob', 'bob');
    expect(typed(alice).length).toBeLessThanOrEqual(8);
  });
});

describe('a gateway that is registered no more', () => {
  it('takes its users offline after the grace, once, last seen when it was last heard of', async () => {
    const { chat, alice } = await world();
    const bob = await chat.connect('bob');
    await chat.clock.advance(20_000);
    chat.confirmLease('alice');
    chat.confirmLease('bob');
    await chat.clock.settle();
    const heardMs = chat.clock.now();
    await chat.clock.advance(5_000);
    chat.sessions.delete(bob.id); // nobody is there to answer
    chat.departed.add(chat.edge.address);
    const answering = setAnswers(chat, 'alice');
    await chat.clock.advance(6_000 + LIMITS.presenceGraceMs - 3_000);
    expect(last(alice)?.state).toBe(ONLINE);
    await chat.clock.advance(8_000);
    expect(last(alice)).toMatchObject({ state: OFFLINE, lastSeen: Long.fromNumber(heardMs, true) });
    await chat.clock.advance(200_000);
    expect(
      states(alice)
        .slice(1)
        .filter((state) => state === OFFLINE),
    ).toHaveLength(1);
    expect(answering.count).toBeGreaterThan(1);
  });

  it('and answers, since it is the registry that lost it, changes nothing', async () => {
    const { chat, alice } = await world();
    await chat.connect('bob');
    chat.departed.add(chat.edge.address);
    const answering = setAnswers(chat, 'alice', 'bob');
    await chat.clock.advance(300_000);
    expect(states(alice).slice(1)).not.toContain(OFFLINE);
    expect(answering.count).toBeLessThan(30);
  });
});
