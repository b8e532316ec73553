/** What every membership and placement board must do; run against each implementation. */
import { expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { SHARD_COUNT } from '../../core/ids.js';
import {
  type Membership,
  NO_ORDERS,
  type NodeOrders,
  type Placement,
  type PlacementBoard,
  type ProcessInfo,
} from '../../core/membership.js';

export interface MembershipLink extends Membership, PlacementBoard {}

export interface MembershipHarness {
  /** One more process of the cluster. */
  connect(): Promise<MembershipLink>;
  /** The process dies without a word. */
  kill(link: MembershipLink): Promise<void>;
  /** Resolves once it is so; rejects when it is not so for longer than any implementation may take. */
  until(condition: () => boolean): Promise<void>;
  /** Lets enough pass for whatever would come to have come. */
  rest(): Promise<void>;
}

export function processInfo(name: string, run = 1): ProcessInfo {
  return {
    incarnation: `${name}-${run}`,
    name,
    roles: ['gateway', 'node'],
    publicUrl: `ws://${name}.test:8080/v1/connect`,
    zone: 'east',
    weight: 2,
    load: { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 },
  };
}

export function placementOf(version: number, nodes: readonly string[]): Placement {
  const shards = Int16Array.from({ length: SHARD_COUNT }, (_, shard) => ((shard * 7) % (nodes.length + 1)) - 1);
  return { version, coordinator: 'somebody', nodes, shards };
}

const namesOf = (link: MembershipLink): string =>
  link
    .processes()
    .map(({ name }) => name)
    .sort()
    .join(' ');

/** Takes one harness a test: `open` gives a cluster of its own. */
export function describeMembership(open: () => Promise<MembershipHarness>): void {
  it('shows every process to every other, as it describes itself, until it leaves', async () => {
    const { connect, until } = await open();
    const [a, b] = [await connect(), await connect()];
    let changes = 0;
    a.onChange(() => changes++);
    await a.join(processInfo('a'));
    await b.join(processInfo('b'));
    await until(() => namesOf(a) === 'a b' && namesOf(b) === 'a b');
    expect(a.processes().find(({ name }) => name === 'b')).toEqual(processInfo('b'));
    expect(changes).toBeGreaterThan(0);
    await b.leave();
    await until(() => namesOf(a) === 'a');
    await a.leave();
  });

  it('shows the load that a process reports, and calls that no change', async () => {
    const { connect, until, rest } = await open();
    const [a, b] = [await connect(), await connect()];
    await a.join(processInfo('a'));
    await b.join(processInfo('b'));
    await until(() => namesOf(a) === 'a b');
    await rest();
    let changes = 0;
    a.onChange(() => changes++);
    b.report({ sessions: 7, eventLoopDelayMs: 1.5, queuedBytes: 9, draining: true, at: 12 });
    await until(() => a.processes().find(({ name }) => name === 'b')?.load.sessions === 7);
    expect(a.processes().find(({ name }) => name === 'b')?.load).toEqual({
      ...{ sessions: 7, eventLoopDelayMs: 1.5, queuedBytes: 9, draining: true, at: 12 },
    });
    expect(changes).toBe(0);
    await a.leave();
    await b.leave();
  });

  it('misses a process that died without a word', async () => {
    const { connect, kill, until } = await open();
    const [a, b] = [await connect(), await connect()];
    await a.join(processInfo('a'));
    await b.join(processInfo('b'));
    await until(() => namesOf(a) === 'a b');
    await kill(b);
    await until(() => namesOf(a) === 'a');
    await a.leave();
  });

  it('elects one of those that stand, and another when that one stops or dies', async () => {
    const { connect, kill, until, rest } = await open();
    const links = [await connect(), await connect(), await connect()];
    const elected = new Set<number>();
    const stops: (() => Promise<void>)[] = [];
    for (const [index, link] of links.entries()) {
      await link.join(processInfo(`p${index}`));
      stops.push(link.campaign((is) => void (is ? elected.add(index) : elected.delete(index))));
    }
    await until(() => elected.size === 1);
    await rest();
    expect(elected.size).toBe(1);
    const first = [...elected][0] ?? 0;
    await stops[first]?.();
    expect(elected.has(first)).toBe(false);
    await until(() => elected.size === 1);
    const second = [...elected][0] ?? 0;
    expect(second).not.toBe(first);
    const third = [0, 1, 2].find((index) => index !== first && index !== second) ?? 0;
    if (links[second] !== undefined) await kill(links[second]);
    await until(() => elected.has(third));
    await stops[third]?.();
    for (const index of [first, third]) await links[index]?.leave();
  });

  it('takes each version of the map once, and shows it to all, as it was published', async () => {
    const { connect, until } = await open();
    const [a, b] = [await connect(), await connect()];
    await a.join(processInfo('a'));
    await b.join(processInfo('b'));
    let told = 0;
    b.onPlacement(() => told++);
    expect(b.placement()).toBeUndefined();
    expect(await a.publish(placementOf(1, ['a-1']))).toBe(true);
    expect(await a.publish(placementOf(1, ['b-1']))).toBe(false);
    await until(() => b.placement()?.version === 1);
    expect(await b.publish(placementOf(2, ['a-1', 'b-1']))).toBe(true);
    await until(() => a.placement()?.version === 2);
    expect(a.placement()).toEqual(placementOf(2, ['a-1', 'b-1']));
    expect(await a.publish(placementOf(2, ['a-1']))).toBe(false);
    expect(told).toBeGreaterThan(0);
    const late = await connect();
    await late.join(processInfo('late'));
    await until(() => late.placement()?.version === 2);
    for (const link of [a, b, late]) await link.leave();
  });

  it('keeps every order of operators that change them at once, and shows them to all', async () => {
    const { connect, until } = await open();
    const [a, b] = [await connect(), await connect()];
    await a.join(processInfo('a'));
    await b.join(processInfo('b'));
    expect(a.orders()).toEqual(NO_ORDERS);
    const cordon = (name: string) => (orders: NodeOrders) => ({
      ...orders,
      cordoned: [...orders.cordoned, name].sort(),
    });
    await Promise.all([a.changeOrders(cordon('x')), b.changeOrders(cordon('y')), a.changeOrders(cordon('z'))]);
    await until(() => a.orders().cordoned.length === 3 && b.orders().cordoned.length === 3);
    expect(b.orders()).toEqual({ ...NO_ORDERS, cordoned: ['x', 'y', 'z'] });
    const refuse = a.changeOrders(() => {
      throw new ParleyError('last_node');
    });
    await expect(refuse).rejects.toMatchObject({ kind: 'last_node' });
    await a.leave();
    await b.leave();
  });

  it('lets one of two through that publish the same version at once', async () => {
    const { connect } = await open();
    const [a, b] = [await connect(), await connect()];
    await a.join(processInfo('a'));
    await b.join(processInfo('b'));
    const taken = await Promise.all([a.publish(placementOf(1, ['a-1'])), b.publish(placementOf(1, ['b-1']))]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    await a.leave();
    await b.leave();
  });
}
