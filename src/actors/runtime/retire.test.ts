import { describe, expect, it } from 'vitest';
import type { ActorId } from '../../core/ids.js';
import { silentLogger } from '../../core/logger.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { Actor, ActorContext } from './actor.js';
import { ActorSystem } from './actor-system.js';

const A: ActorId = 'user:a';
const B: ActorId = 'user:b';
const GROUP_OF_A = 1;

interface Probe extends Actor<string> {
  readonly context: ActorContext;
  readonly seen: string[];
  isBusy: boolean;
}

function setup() {
  const clock = new FakeClock();
  const refused: string[] = [];
  const probes: Probe[] = [];
  const owned = { term: 1 };
  let sub = 0;
  const system = new ActorSystem<string>({
    clock,
    logger: silentLogger,
    activate: async (context) => {
      const seen: string[] = [];
      const receive = (message: string): void => {
        seen.push(message);
        if (message === 'throw') throw new Error('a programmer’s error');
      };
      const probe: Probe = {
        ...{ context, seen, receive, isBusy: false },
        tick: () => false,
        facts: () => ({}),
        busy: () => probe.isBusy,
        passivate: async () => {},
      };
      probes.push(probe);
      return probe;
    },
    nextEpoch: () => ({ term: owned.term, sub: ++sub }),
    isOwned: (_id, { term }) => term === owned.term,
    refuse: (id, message, error) => refused.push(`${id} ${message}: ${error.kind}`),
    mailboxMessagesMax: 10,
    activationsInFlightMax: 10,
    idleMs: () => 60_000,
    groupOf: (id) => (id === A ? GROUP_OF_A : 2),
  });
  const send = async (id: ActorId, message: string): Promise<void> => {
    system.deliver(id, message);
    await clock.settle();
  };
  return { clock, refused, probes, owned, system, send };
}

describe('actors that leave a node', () => {
  it('take nothing more, finish and are passivated, while the others go on', async () => {
    const { clock, refused, probes, system, send } = setup();
    await send(A, 'one');
    await send(B, 'one');
    const [a] = probes;
    if (a !== undefined) a.isBusy = true;
    let done = false;
    void system.retire(GROUP_OF_A, 1_000).then(() => {
      done = true;
    });
    await send(A, 'late');
    await send(B, 'two');
    await clock.advance(100);
    expect([refused, probes[1]?.seen, done]).toEqual([['user:a late: not_owner'], ['one', 'two'], false]);
    if (a !== undefined) a.isBusy = false;
    await clock.advance(100);
    expect([done, a?.context.alive, system.activeCount]).toEqual([true, false, 1]);
  });

  it('are ended where they are after the deadline, with what waited for them refused', async () => {
    const { clock, refused, probes, system, send } = setup();
    await send(A, 'one');
    const [a] = probes;
    if (a !== undefined) a.isBusy = true;
    void system.retire(GROUP_OF_A, 1_000);
    await clock.advance(1_100);
    expect(a?.context.alive).toBe(true);
    system.end(GROUP_OF_A);
    expect([a?.context.alive, system.activeCount]).toEqual([false, 0]);
    await send(A, 'again');
    expect([probes.at(-1)?.seen, refused]).toEqual([['again'], []]);
  });

  it('are given nothing more under a term that is not this node’s any more, however it was lost', async () => {
    const { probes, owned, system, send } = setup();
    await send(A, 'one');
    owned.term = 2;
    await send(A, 'two');
    expect(probes.map(({ seen, context }) => [seen, context.alive, context.epoch.term])).toEqual([
      [['one'], false, 1],
      [['two'], true, 2],
    ]);
    owned.term = 3;
    await system.wake(A);
    expect(probes.map(({ context }) => context.alive)).toEqual([false, false, true]);
  });

  it('do not start again when they had crashed', async () => {
    const { clock, probes, system, send } = setup();
    await send(A, 'throw');
    let done = false;
    void system.retire(GROUP_OF_A, 10_000).then(() => {
      done = true;
    });
    await clock.advance(50);
    system.end(GROUP_OF_A);
    await clock.advance(20_000);
    expect([done, probes.length, system.activeCount]).toEqual([true, 1, 0]);
  });
});
