import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../src/core/errors.js';
import type { UserFacts } from '../../src/core/people.js';
import { v1 } from '../../src/protocol/wire.js';
import { type FakeSession, memoryWorld, type World } from './fixture.js';

const { ONLINE, PRESENCE_UNKNOWN } = v1.PresenceState;

/** Bob is online, and alice, who is his friend, looks. */
async function world() {
  const chat = await memoryWorld('alice', 'bob');
  chat.people.accounts.get('bob')?.friends.add('alice');
  const { id, session: alice } = await chat.connect('alice');
  await chat.connect('bob');
  await chat.request('alice', { type: 'watchPresence', value: v1.WatchPresence.create({ userIds: ['bob'] }) }, id);
  await chat.clock.advance(10_000);
  expect(states(alice).at(-1)).toBe(ONLINE);
  return { chat, alice };
}

const states = ({ events }: FakeSession) =>
  events.flatMap((item) =>
    item.type === 'session_event' && item.event.type === 'presence'
      ? (item.event.value.items ?? []).map(({ state }) => state)
      : [],
  );

async function tellChange(chat: World): Promise<void> {
  chat.edge.tell('user:bob', { type: 'directory_changed' });
  await chat.clock.advance(1_500);
}

type Answers = (() => Promise<UserFacts | undefined>)[];

/** The directory answers questions about bob so, in turn, and then as ever; returns when it was asked. */
function script(chat: World, ...answers: Answers): number[] {
  const asked: number[] = [];
  const { people, clock } = chat;
  const original = people.factsOf.bind(people);
  people.factsOf = (userId) => {
    asked.push(clock.monotonic());
    return (answers.shift() ?? (() => original(userId)))();
  };
  return asked;
}

const refuse = () => Promise.reject(new ParleyError('unavailable'));

describe('what a user actor knows of the account', () => {
  it('is asked for again until the directory answers, less and less often', async () => {
    const { chat, alice } = await world();
    const asked = script(chat, ...Array.from({ length: 4 }, () => refuse));
    chat.people.accounts.get('bob')?.friends.delete('alice');
    await tellChange(chat);
    expect(states(alice).at(-1)).toBe(ONLINE);
    await chat.clock.advance(60_000);
    expect(states(alice).at(-1)).toBe(PRESENCE_UNKNOWN);
    expect(asked).toHaveLength(5);
    const pauses = asked.slice(1).map((atMs, index) => atMs - (asked[index] ?? 0));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBeGreaterThan(4_000);
  });

  it('is the answer to the last question, also when an earlier one is answered after it', async () => {
    const { chat, alice } = await world();
    const before = await chat.people.factsOf('bob');
    let answer = (_: UserFacts | undefined): void => {};
    const late = new Promise<UserFacts | undefined>((resolve) => {
      answer = resolve;
    });
    const asked = script(chat, refuse, () => late);
    await tellChange(chat);
    await chat.clock.advance(2_000);
    expect(asked).toHaveLength(2);
    chat.people.accounts.get('bob')?.friends.delete('alice');
    await tellChange(chat);
    answer(before);
    await chat.clock.advance(2_000);
    expect(states(alice).at(-1)).toBe(PRESENCE_UNKNOWN);
  });

  it('is told to those who look only when who may look has changed', async () => {
    const { chat, alice } = await world();
    const told = states(alice).length;
    await tellChange(chat);
    chat.people.accounts.get('bob')?.friends.add('carol');
    expect(states(alice)).toHaveLength(told);
    await tellChange(chat);
    expect(states(alice)).toHaveLength(told + 1);
  });
});

describe('a notice that an account may have changed', () => {
  const notice = { type: 'directory_changed' } as const;

  it('wakes nobody: an activation asks the directory anyway', async () => {
    const { chat } = await world();
    chat.people.add('carol');
    const asked = script(chat);
    chat.edge.tell('user:carol', notice);
    await chat.clock.settle();
    expect(asked).toEqual([]);
  });

  it('holds nothing up while the directory is slow, and has it asked once more however often it is told meanwhile', async () => {
    const { chat } = await world();
    const { session: bob } = await chat.connect('bob');
    const slow = () => new Promise<UserFacts | undefined>((resolve) => chat.clock.after(8_000, () => resolve(facts)));
    const facts = await chat.people.factsOf('bob');
    const asked = script(chat, slow, slow);
    for (let i = 0; i < 10; i++) chat.edge.tell('user:bob', notice);
    await chat.clock.settle();
    await chat.send('alice', { userId: 'bob' }, 'hello');
    await chat.clock.settle();
    expect(bob.texts).toEqual(['hello']);
    await chat.clock.advance(20_000);
    expect(asked).toHaveLength(2);
  });

  it('that is lost holds for twenty minutes at most', async () => {
    const { chat, alice } = await world();
    chat.people.accounts.get('bob')?.friends.delete('alice');
    for (let minute = 0; minute <= 20; minute += 1 / 6) {
      for (const userId of ['alice', 'bob']) chat.confirmLease(userId);
      await chat.clock.advance(10_000);
    }
    expect(states(alice).at(-1)).toBe(PRESENCE_UNKNOWN);
  });
});
