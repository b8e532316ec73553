import { expect, test } from 'vitest';
import type { ActorHost } from '../../cluster/actor-host.js';
import { LIMITS } from '../../core/limits.js';
import type { UserFacts } from '../../core/people.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { Notice } from '../../protocol/bus-messages.js';
import { v1 } from '../../protocol/wire.js';
import { Presence } from './presence.js';
import { PresenceWatches } from './presence-watches.js';
import type { Session, Sessions } from './sessions.js';

const { ONLINE, AWAY, PRESENCE_UNKNOWN } = v1.PresenceState;
const FLAPPING = 10_000;
const WATCHERS = 50;
const FLAPS_A_SECOND = 4;
const SECONDS = 10;

const everyone: UserFacts = {
  friends: new Set(),
  blocked: new Set(),
  presenceFor: 'everyone',
  receiptsFor: 'everyone',
};

const watchOf = (name: string, leaseMs: number, renews = false) => ({ watcher: name, leaseMs, renews });

/** The watching side of a user: one session that looks at 200 people, and the batches that it got. */
function watcher(host: ActorHost, name: string, userIds: readonly string[]) {
  const batches: { atMs: number; items: readonly v1.IPresence[] }[] = [];
  const session = { watching: new Set(userIds), presencesAtMs: Number.NEGATIVE_INFINITY } as unknown as Session;
  const sessions = {
    all: () => [session],
    tell: (_session: Session, event: { value: v1.IPresenceUpdate }) =>
      batches.push({ atMs: host.clock.monotonic(), items: event.value.items ?? [] }),
  } as unknown as Sessions;
  return { batches, watches: new PresenceWatches(host, { alive: true }, name, sessions) };
}

test('ten thousand users who flap cost a bounded number of messages, and each watcher sees how it ends', async () => {
  const clock = new FakeClock();
  const watchers = new Map<string, ReturnType<typeof watcher>>();
  let notices = 0;
  const tell = (actor: string, notice: Notice): void => {
    notices += 1;
    if (notice.type === 'presence') watchers.get(actor)?.watches.receive(notice.presence);
  };
  const host = { clock, tell } as unknown as ActorHost;
  const standing = { choice: ONLINE, status: '', statusUntilMs: 0 };
  const users = Array.from({ length: FLAPPING }, (_, i) => {
    return new Presence(host, `u${i}`, { lastSeenMs: 0, mayBeOnline: false, standing });
  });
  const each = FLAPPING / WATCHERS;
  for (let w = 0; w < WATCHERS; w++) {
    const watched = users.slice(w * each, (w + 1) * each);
    watchers.set(
      `user:w${w}`,
      watcher(
        host,
        `w${w}`,
        watched.map((_, i) => `u${w * each + i}`),
      ),
    );
    for (const user of watched) user.watch(watchOf(`w${w}`, 10 * LIMITS.presenceWatchLeaseMs), everyone);
  }
  for (const user of users) user.here(everyone, true);
  for (let flap = 0; flap < SECONDS * FLAPS_A_SECOND; flap++) {
    for (const user of users) {
      user.setIdle(flap % 2 === 0, everyone);
      user.away(clock.now()); // and its connection comes and goes
      user.here(everyone, true);
      if (flap % FLAPS_A_SECOND === 0) user.tick(everyone);
    }
    await clock.advance(1000 / FLAPS_A_SECOND);
  }
  for (const user of users) user.setIdle(true, everyone);
  for (let second = 0; second < 7; second++) {
    for (const user of users) user.tick(everyone);
    await clock.advance(1000);
  }

  const changes = FLAPPING * SECONDS * FLAPS_A_SECOND;
  const frames = [...watchers.values()].reduce((sum, { batches }) => sum + batches.length, 0);
  process.stdout.write(
    `${changes} changes of ${FLAPPING} users: ${notices} notices, ${frames} frames to ${WATCHERS}\n`,
  );
  const seconds = SECONDS + 7;
  expect(frames).toBeLessThanOrEqual(WATCHERS * (seconds + 1));
  expect(notices).toBeLessThanOrEqual(FLAPPING * (1 + 4 + seconds / 5));
  for (const { batches } of watchers.values()) {
    for (const [i, { atMs }] of batches.entries())
      expect(atMs - (batches[i - 1]?.atMs ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(LIMITS.presenceBatchMs);
    const ends = new Map(batches.flatMap(({ items }) => items.map((item) => [item.userId, item.state])));
    expect(ends.size).toBe(each);
    expect(new Set(ends.values())).toEqual(new Set([AWAY]));
  }
});

test('a watcher who renews is told nothing, except by an owner that does not know of them', () => {
  const clock = new FakeClock();
  const told: string[] = [];
  const host = { clock, tell: (actor: string) => told.push(actor) } as unknown as ActorHost;
  const standing = { choice: ONLINE, status: '', statusUntilMs: 0 };
  const presenceOf = () => new Presence(host, 'alice', { lastSeenMs: 0, mayBeOnline: false, standing });
  const watched = presenceOf();
  watched.watch(watchOf('bob', LIMITS.presenceWatchLeaseMs), everyone);
  watched.watch(watchOf('bob', LIMITS.presenceWatchLeaseMs, true), everyone);
  expect(told).toEqual(['user:bob']);
  watched.watch(watchOf('bob', 1_000), everyone); // another session of theirs
  expect(told).toHaveLength(2);
  presenceOf().watch(watchOf('carol', 1_000, true), everyone);
  expect(told.at(-1)).toBe('user:carol');
});

test('who may see nothing is told so once, and again only after they could see something', () => {
  const clock = new FakeClock();
  const told: v1.PresenceState[] = [];
  const tell = (_: string, notice: Notice) => {
    if (notice.type === 'presence') told.push(notice.presence.state ?? PRESENCE_UNKNOWN);
  };
  const host = { clock, tell } as unknown as ActorHost;
  const standing = { choice: ONLINE, status: '', statusUntilMs: 0 };
  const vera = new Presence(host, 'vera', { lastSeenMs: 0, mayBeOnline: false, standing });
  const blocking: UserFacts = { ...everyone, blocked: new Set(['wade']) };
  vera.watch(watchOf('wade', LIMITS.presenceWatchLeaseMs), blocking);
  vera.here(blocking, true);
  vera.setIdle(true, blocking);
  vera.tellAll(blocking);
  expect(told).toEqual([PRESENCE_UNKNOWN]);
  vera.tellAll(everyone);
  vera.tellAll(blocking);
  vera.tellAll(blocking);
  expect(told).toEqual([PRESENCE_UNKNOWN, AWAY, PRESENCE_UNKNOWN]);
  vera.watch(watchOf('wade', LIMITS.presenceWatchLeaseMs), blocking); // another session of his
  expect(told).toHaveLength(4);
});

test('watches are renewed as such', async () => {
  const clock = new FakeClock();
  const asked: Notice[] = [];
  const host = { clock, tell: (_actor: string, notice: Notice) => asked.push(notice) } as unknown as ActorHost;
  const { watches } = watcher(host, 'bob', ['alice']);
  await clock.advance(LIMITS.presenceWatchLeaseMs / 3);
  watches.tick();
  expect(asked).toEqual([{ type: 'presence_watch', ...watchOf('bob', LIMITS.presenceWatchLeaseMs, true) }]);
});
