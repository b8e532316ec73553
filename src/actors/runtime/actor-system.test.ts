import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import type { ActorId } from '../../core/ids.js';
import { silentLogger } from '../../core/logger.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { Actor, ActorContext } from './actor.js';
import { ActorSystem } from './actor-system.js';

const A: ActorId = 'user:a';
const B: ActorId = 'user:b';

/** Notes what it is given; does what the message says. */
class Probe implements Actor<string> {
  facts(): Readonly<Record<string, string>> {
    return { kind: 'probe' };
  }

  readonly seen: string[] = [];
  readonly context: ActorContext;
  isBusy = false;
  ticks = 0;
  wantsTicks = 1;
  release: (() => void) | undefined;
  fail: ((cause: unknown) => void) | undefined;
  passivation: Promise<void> = Promise.resolve();

  constructor(context: ActorContext) {
    this.context = context;
  }

  receive(message: string): void | Promise<void> {
    this.seen.push(message);
    if (message === 'throw') throw new Error('a programmer’s error');
    if (message !== 'wait') return;
    return new Promise((resolve, reject) => {
      this.release = resolve;
      this.fail = reject;
    });
  }

  tick(): boolean {
    this.ticks++;
    if (this.ticks === 13) throw new Error('unlucky');
    return this.ticks < this.wantsTicks;
  }

  busy(): boolean {
    return this.isBusy;
  }

  passivate(): Promise<void> {
    return this.passivation;
  }
}

function setup(options: { mailbox?: number; inFlight?: number; owned?: (id: ActorId) => boolean } = {}) {
  const clock = new FakeClock();
  const probes: Probe[] = [];
  const refused: string[] = [];
  const pending: { context: ActorContext; go: () => void; fail: (cause: unknown) => void }[] = [];
  const held = { value: false };
  let sub = 0;
  const system = new ActorSystem<string>({
    clock,
    logger: silentLogger,
    activate: (context) =>
      new Promise((resolve, reject) => {
        const go = () => {
          const probe = new Probe(context);
          probes.push(probe);
          resolve(probe);
        };
        if (held.value) pending.push({ context, go, fail: reject });
        else go();
      }),
    nextEpoch: (id) => (options.owned?.(id) === false ? undefined : { term: 1, sub: ++sub }),
    refuse: (id, message, error) => refused.push(`${id} ${message}: ${error.kind}`),
    mailboxMessagesMax: options.mailbox ?? 100,
    activationsInFlightMax: options.inFlight ?? 100,
    idleMs: () => 10_000,
  });
  const last = (): Probe => {
    const probe = probes.at(-1);
    if (probe === undefined) throw new Error('nothing was activated');
    return probe;
  };
  return { clock, system, probes, refused, pending, held, last };
}

describe('the actor system', () => {
  it('activates an actor once, on first use, and hands it what waited in order', async () => {
    const { system, clock, probes, held, pending, last } = setup();
    held.value = true;
    for (const message of ['1', '2', '3']) system.deliver(A, message);
    await clock.settle();
    expect(pending).toHaveLength(1);
    expect(system.queuedMessages).toBe(3);
    pending[0]?.go();
    system.deliver(A, '4');
    await clock.settle();
    expect(probes).toHaveLength(1);
    expect(last().seen).toEqual(['1', '2', '3', '4']);
  });

  it('lets the next message wait for one that takes its time, and other actors go on', async () => {
    const { system, clock, probes } = setup();
    for (const message of ['wait', 'after']) system.deliver(A, message);
    system.deliver(B, 'other');
    await clock.settle();
    expect(probes.map((probe) => probe.seen)).toEqual([['wait'], ['other']]);
    probes[0]?.release?.();
    await clock.settle();
    expect(probes[0]?.seen).toEqual(['wait', 'after']);
  });

  it('refuses what a full mailbox cannot hold', async () => {
    const { system, clock, refused, last } = setup({ mailbox: 2 });
    for (const message of ['wait', '2', '3']) system.deliver(A, message);
    await clock.settle();
    expect(refused).toEqual(['user:a 3: overloaded']);
    last().release?.();
    await clock.settle();
    expect(last().seen).toEqual(['wait', '2']);
  });

  it('gives others a turn between many messages to one', async () => {
    const { system, clock, probes } = setup({ mailbox: 2_000 });
    system.deliver(A, 'first');
    system.deliver(B, 'first');
    await clock.settle();
    const order: string[] = [];
    const [a, b] = probes;
    if (a === undefined || b === undefined) throw new Error('both are active');
    a.receive = (message) => void order.push(message);
    b.receive = () => void order.push('b');
    for (let i = 0; i < 1_500; i++) system.deliver(A, `${i}`);
    clock.defer(() => system.deliver(B, 'b'));
    await clock.settle();
    expect(order.indexOf('b')).toBeLessThan(1_400);
    expect(order.filter((message) => message !== 'b')).toEqual(Array.from({ length: 1_500 }, (_, i) => `${i}`));
  });

  it('refuses the message an actor crashes on, and gives the rest to the next activation', async () => {
    const { system, clock, probes, refused } = setup();
    for (const message of ['1', 'throw', '2']) system.deliver(A, message);
    await clock.advance(1_000);
    expect(refused).toEqual(['user:a throw: internal']);
    expect(probes.map((probe) => [probe.context.epoch.sub, probe.seen])).toEqual([
      [1, ['1', 'throw']],
      [2, ['2']],
    ]);
    expect(probes[0]?.context.alive).toBe(false);
  });

  it('treats a promise that rejects as a crash', async () => {
    const { system, clock, probes, refused } = setup();
    for (const message of ['wait', '2']) system.deliver(A, message);
    await clock.settle();
    probes[0]?.fail?.(new Error('late'));
    await clock.advance(1_000);
    expect(refused).toEqual(['user:a wait: internal']);
    expect(probes[1]?.seen).toEqual(['2']);
  });

  it('activates again what crashed although nobody calls it: it may owe something', async () => {
    const { system, clock, probes, last } = setup();
    system.deliver(A, '1');
    await clock.settle();
    last().context.crash(new ParleyError('storage_full'));
    last().context.crash(new Error('twice is once'));
    await clock.advance(1_000);
    expect(probes.map((probe) => probe.context.alive)).toEqual([false, true]);
  });

  it('waits longer after each crash in quick succession, and forgets old ones', async () => {
    const { system, clock, probes, last } = setup();
    const timeToRestart = async (): Promise<number> => {
      const [count, at] = [probes.length, clock.monotonic()];
      last().context.crash(new Error('again'));
      while (probes.length === count) await clock.advance(50);
      return clock.monotonic() - at;
    };
    system.deliver(A, '1');
    await clock.settle();
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) delays.push(await timeToRestart());
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    last().isBusy = true;
    await clock.advance(100_000);
    expect(await timeToRestart()).toBe(100);
  });

  it('refuses all who wait when activation fails, and tries anew for the next', async () => {
    const { system, clock, refused, held, pending, probes } = setup();
    held.value = true;
    const woken = system.wake(A);
    for (const message of ['1', '2']) system.deliver(A, message);
    pending[0]?.fail(new ParleyError('unavailable'));
    await expect(woken).rejects.toMatchObject({ kind: 'unavailable' });
    expect(refused).toEqual(['user:a 1: unavailable', 'user:a 2: unavailable']);
    expect(system.isActive(A)).toBe(false);
    held.value = false;
    system.deliver(A, '3');
    await clock.settle();
    expect(probes[0]?.seen).toEqual(['3']);
  });

  it('goes on trying to activate what has crashed', async () => {
    const { system, clock, held, pending, last, refused } = setup();
    system.deliver(A, '1');
    await clock.settle();
    held.value = true;
    last().context.crash(new ParleyError('storage_full'));
    await clock.advance(100);
    system.deliver(A, '2');
    pending[0]?.fail(new ParleyError('unavailable'));
    await clock.advance(200);
    expect(refused).toEqual(['user:a 2: unavailable']);
    pending[1]?.go();
    system.deliver(A, '3');
    await clock.settle();
    expect(last().seen).toEqual(['3']);
  });

  it('is not confused by an activation that fails after it was given up', async () => {
    const { system, clock, held, pending, last, refused } = setup();
    held.value = true;
    system.deliver(A, '1');
    pending[0]?.context.crash(new Error('before it was active'));
    await clock.advance(100);
    pending[0]?.fail(new Error('late'));
    await clock.settle();
    expect(refused).toEqual([]);
    pending[1]?.go();
    await clock.settle();
    expect(last().seen).toEqual(['1']);
    expect(last().context.alive).toBe(true);
  });

  it('refuses what another process owns', async () => {
    const { system, clock, refused } = setup({ owned: (id) => id === A });
    system.deliver(B, '1');
    system.deliver(A, '2');
    await clock.settle();
    expect(refused).toEqual(['user:b 1: not_owner']);
    await expect(system.wake(B)).rejects.toMatchObject({ kind: 'not_owner' });
  });

  it('activates so many at once and no more, and the next as each ends', async () => {
    const { system, clock, held, pending, refused } = setup({ inFlight: 1, owned: (id) => id !== 'user:lost' });
    held.value = true;
    for (const id of [A, 'user:lost', B] as const) system.deliver(id, 'hello');
    await clock.settle();
    expect(pending.map(({ context }) => context.id)).toEqual([A]);
    pending[0]?.go();
    await clock.settle();
    expect(pending.map(({ context }) => context.id)).toEqual([A, B]);
    expect(refused).toEqual(['user:lost hello: not_owner']);
  });
});

describe('an idle actor', () => {
  it('is passivated, unless it is busy or used', async () => {
    const { system, clock, last } = setup();
    system.deliver(A, '1');
    await clock.advance(9_000);
    system.deliver(A, '2');
    await clock.advance(9_000);
    last().isBusy = true;
    await clock.advance(50_000);
    expect(system.activeCount).toBe(1);
    last().isBusy = false;
    await clock.advance(1_000);
    expect(system.activeCount).toBe(0);
    expect(last().context.alive).toBe(false);
  });

  it('gets a message that comes while it passivates in its next activation', async () => {
    const { system, clock, probes, last } = setup();
    system.deliver(A, '1');
    await clock.settle();
    let finish = (): void => undefined;
    last().passivation = new Promise((resolve) => {
      finish = resolve;
    });
    await clock.advance(11_000);
    system.deliver(A, '2');
    const woken = system.wake(A);
    await clock.settle();
    expect(probes).toHaveLength(1);
    finish();
    await clock.settle();
    await woken;
    expect(probes.map((probe) => probe.seen)).toEqual([['1'], ['2']]);
    expect(probes[1]?.context.epoch.sub).toBe(2);
  });

  it('ends when it says so itself, which is no crash, and what waits is for its next activation', async () => {
    const { system, clock, probes } = setup();
    system.deliver(A, 'wait');
    await clock.settle();
    system.deliver(A, 'later');
    probes[0]?.context.end();
    await clock.settle();
    expect(probes.map(({ seen, context }) => [seen, context.alive])).toEqual([
      [['wait'], false],
      [['later'], true],
    ]);
    probes[1]?.context.end();
    expect([system.isActive(A), system.counts.crashes]).toEqual([false, 0]);
  });

  it('starts again when its passivation fails, and whoever woke it is told', async () => {
    const { system, clock, probes, last } = setup();
    system.deliver(A, '1');
    await clock.settle();
    let fail = (_: unknown): void => undefined;
    last().passivation = new Promise((_, reject) => {
      fail = reject;
    });
    await clock.advance(11_000);
    const woken = system.wake(A);
    fail(new ParleyError('storage_full'));
    await clock.advance(1_000);
    await woken;
    expect(probes).toHaveLength(2);
  });
});

describe('ticks', () => {
  it('come once a second after they were asked for, for as long as the actor wants them', async () => {
    const { system, clock, last } = setup();
    system.deliver(A, '1');
    await clock.advance(3_000);
    expect(last().ticks).toBe(0);
    last().wantsTicks = 3;
    last().context.requestTick();
    await clock.advance(6_000);
    expect(last().ticks).toBe(3);
  });

  it('that throw crash the actor alone', async () => {
    const { system, clock, probes } = setup();
    for (const id of [A, B]) system.deliver(id, '1');
    await clock.settle();
    for (const probe of probes) {
      probe.isBusy = true;
      probe.wantsTicks = 100;
      probe.context.requestTick();
    }
    if (probes[0] !== undefined) probes[0].ticks = 10;
    await clock.advance(5_000);
    expect(probes.map((probe) => [probe.context.id, probe.context.alive])).toEqual([
      [A, false],
      [B, true],
      [A, true],
    ]);
  });
});

describe('a drain', () => {
  it('takes nothing more, lets busy actors finish, and passivates them all', async () => {
    const { system, clock, last, refused } = setup();
    for (const message of ['wait', '2']) system.deliver(A, message);
    await clock.settle();
    let done = false;
    const drained = system.drain(5_000).then(() => {
      done = true;
    });
    system.deliver(A, '3');
    await clock.advance(100);
    expect(refused).toEqual(['user:a 3: draining']);
    expect(done).toBe(false);
    last().release?.();
    await clock.advance(100);
    await drained;
    expect(last().seen).toEqual(['wait', '2']);
    expect(system.activeCount).toBe(0);
  });

  it('ends at its deadline', async () => {
    const { system, clock, last } = setup();
    system.deliver(A, '1');
    await clock.settle();
    last().isBusy = true;
    const drained = system.drain(500);
    await clock.advance(600);
    await drained;
    expect(system.activeCount).toBe(1);
  });
});
