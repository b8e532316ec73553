/** From `deliver` to `receive`: a thousand actors get messages in turn, 256 in a turn of the event loop. */
import { ActorSystem } from '../../../src/actors/runtime/actor-system.js';
import { systemClock } from '../../../src/core/clock.js';
import type { ActorId } from '../../../src/core/ids.js';
import { silentLogger } from '../../../src/core/logger.js';
import { type Candidate, type MicroCase, turn } from './case.js';

const ACTORS = 1_000;
const A_TURN = 256;

type Deliver = (actor: number, message: number) => void;

/** Calls `deliver` `count` times and waits until as many were handled. */
async function offer(count: number, deliver: Deliver, handled: () => number): Promise<void> {
  const goal = handled() + count;
  for (let sent = 0; sent < count; ) {
    for (const end = Math.min(count, sent + A_TURN); sent < end; sent++) deliver(sent % ACTORS, sent);
    await turn();
  }
  while (handled() < goal) await turn();
}

/** An array an actor, emptied at the end of the turn. */
function bareQueues(): Candidate {
  const queues = Array.from({ length: ACTORS }, (): number[] => []);
  let handled = 0;
  let waiting: number[][] = [];
  const drain = (): void => {
    const now = waiting;
    waiting = [];
    for (const queue of now) handled += queue.splice(0).length;
  };
  const deliver: Deliver = (actor, message) => {
    const queue = queues[actor] ?? [];
    if (queue.push(message) > 1) return;
    if (waiting.push(queue) === 1) queueMicrotask(drain);
  };
  return { name: 'bare arrays', run: (count) => offer(count, deliver, () => handled) };
}

async function mailboxes(): Promise<Candidate> {
  let handled = 0;
  const actor = {
    receive: () => void handled++,
    tick: () => false,
    busy: () => false,
    passivate: async () => {},
    facts: () => ({}),
  };
  const system = new ActorSystem<number>({
    clock: systemClock,
    logger: silentLogger,
    activate: async () => actor,
    nextEpoch: () => ({ term: 1, sub: 1 }),
    refuse: (id, _message, error) => {
      throw new Error(`${id}: ${error.message}`);
    },
    mailboxMessagesMax: 1_024,
    activationsInFlightMax: 256,
    idleMs: () => 60_000,
  });
  const ids = Array.from({ length: ACTORS }, (_, index): ActorId => `user:u${index}`);
  await Promise.all(ids.map((id) => system.wake(id)));
  return {
    name: 'Parley',
    run: (count) =>
      offer(
        count,
        (index, message) => system.deliver(ids[index] ?? 'user:u0', message),
        () => handled,
      ),
    close: () => system.drain(0),
  };
}

export const mailbox: MicroCase = {
  name: 'mailbox',
  one: 'a message to an actor',
  count: 500_000,
  open: async () => [bareQueues(), await mailboxes()],
};
