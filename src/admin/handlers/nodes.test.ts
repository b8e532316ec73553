import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { NO_ORDERS, type NodeOrders, type ProcessInfo } from '../../core/membership.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { OperationsAnswer } from '../../protocol/admin-messages.js';
import type { AdminDeps } from '../deps.js';
import type { Call } from '../methods.js';
import { cordon, drain, moveShard, setWeight } from './nodes.js';

const LOAD = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };
const CALL: Call = { operator: { name: 'root', role: 'admin' }, signal: new AbortController().signal };

function processOf(name: string, more: Partial<ProcessInfo> = {}): ProcessInfo {
  const [role = ''] = name.split('-');
  return {
    incarnation: `${name}-x`,
    name,
    roles: [role],
    publicUrl: undefined,
    zone: '',
    weight: 1,
    load: LOAD,
    ...more,
  };
}

/** A cluster whose orders stand in memory. Of its processes only those that drain by their own word say anything. */
class Cluster {
  orders: NodeOrders = NO_ORDERS;
  drainingByOwnWord: readonly string[] = [];
  /** Whom the registry has lost, and whether it is known to be gone. */
  lost: string | undefined;
  gone = false;
  answerOf: () => Promise<OperationsAnswer> = () => Promise.reject(new ParleyError('timeout'));
  readonly clock = new FakeClock();
  readonly deps: AdminDeps;

  constructor(...processes: readonly ProcessInfo[]) {
    this.deps = {
      clock: this.clock,
      membership: { processes: () => processes.filter(({ name }) => name !== this.lost) },
      asker: {
        mayLive: () => !this.gone,
        askOne: () => this.answerOf(),
        askAll: async () => ({
          answers: this.drainingByOwnWord.map((name) => ({
            incarnation: `${name}-x`,
            answer: { report: { draining: true } },
          })),
          silent: [],
        }),
      },
      board: {
        orders: () => this.orders,
        changeOrders: async (change: (orders: NodeOrders) => NodeOrders) => {
          this.orders = change(this.orders);
          return this.orders;
        },
      },
    } as unknown as AdminDeps;
  }

  /** What the refusal is called; it must have had no effect. */
  async refused(order: (deps: AdminDeps) => Promise<unknown>): Promise<string> {
    const before = this.orders;
    const kind = await order(this.deps).then(
      () => 'nothing',
      (error: { kind: string }) => error.kind,
    );
    expect(this.orders).toEqual(before);
    return kind;
  }
}

const drained = (node: string) => (deps: AdminDeps) => drain(deps, { node }, CALL).next();

describe('orders to a process that is all there is', () => {
  const alone = { ...new Cluster(processOf('embedded')).deps, board: undefined };
  const orders: Readonly<Record<string, (node: string) => Promise<unknown>>> = {
    cordon: (node) => cordon(alone, { node }),
    uncordon: (node) => cordon(alone, { node, lift: true }),
    drain: (node) => drain(alone, { node }, CALL).next(),
    weight: (node) => setWeight(alone, { node, weight: 2 }),
    move: (node) => moveShard(alone, { shard: 7, node }),
  };

  it.each(Object.entries(orders))('say so: %s', async (_, order) => {
    await expect(order('embedded')).rejects.toMatchObject({ kind: 'not_clustered' });
    await expect(order('nobody')).rejects.toMatchObject({ kind: 'node_not_found' });
  });
});

describe('orders that would leave no node', () => {
  it('are refused: a cordon, a drain or a weight of 0 of the last one that takes shards', async () => {
    const cluster = new Cluster(processOf('node-1'), processOf('node-2'), processOf('node-3', { weight: 0 }));
    await cordon(cluster.deps, { node: 'node-1' });
    for (const order of [
      (deps: AdminDeps) => cordon(deps, { node: 'node-2' }),
      (deps: AdminDeps) => setWeight(deps, { node: 'node-2-x', weight: 0 }),
      drained('node-2'),
    ])
      expect(await cluster.refused(order)).toBe('last_node');
    await cordon(cluster.deps, { node: 'node-1', lift: true });
    await cordon(cluster.deps, { node: 'node-2' });
    expect(cluster.orders.cordoned).toEqual(['node-2']);
  });

  it('are not refused when a node that registers with a weight of 0 has another by order', async () => {
    const cluster = new Cluster(processOf('node-1'), processOf('node-2', { weight: 0 }));
    const empty = (node: string) => (deps: AdminDeps) => cordon(deps, { node });
    expect(await cluster.refused(empty('node-1'))).toBe('last_node');
    await setWeight(cluster.deps, { node: 'node-2', weight: 2 });
    await cordon(cluster.deps, { node: 'node-1' });
    expect(await cluster.refused(empty('node-2'))).toBe('last_node');
  });

  it('are refused when the others are about to stop, and of the last gateway', async () => {
    const stopping = { load: { ...LOAD, draining: true } };
    const cluster = new Cluster(
      ...[processOf('node-1'), processOf('node-2', stopping)],
      ...[processOf('gateway-1'), processOf('gateway-2', stopping)],
    );
    expect(await cluster.refused(drained('node-1'))).toBe('last_node');
    expect(await cluster.refused(drained('gateway-1'))).toBe('last_node');
  });
});

describe('a drain', () => {
  const LEFT: OperationsAnswer = { report: { shards: 3 } };
  const GONE = { shardsLeft: 0, sessionsLeft: 0, done: true };
  const two = (): Cluster => new Cluster(processOf('node-1'), processOf('node-2'));

  it('goes on while the node may live, though the registry has lost it', async () => {
    const cluster = two();
    cluster.answerOf = async () => LEFT;
    const looks = drain(cluster.deps, { node: 'node-1', wait: true }, CALL);
    await looks.next();
    cluster.lost = 'node-1';
    const next = looks.next();
    await cluster.clock.advance(500);
    expect((await next).value).toEqual({ shardsLeft: 3, sessionsLeft: 0, done: false });
  });

  it('is done when the node is gone, also when it goes while it is asked', async () => {
    const cluster = two();
    cluster.answerOf = () => {
      cluster.gone = true;
      return Promise.reject(new ParleyError('timeout'));
    };
    expect(await drained('node-1')(cluster.deps)).toEqual({ done: false, value: GONE });
    cluster.answerOf = async () => LEFT;
    expect(await drained('node-1')(cluster.deps)).toEqual({ done: false, value: GONE });
  });

  it('fails when the node may live and does not answer', async () => {
    await expect(drained('node-1')(two().deps)).rejects.toMatchObject({ kind: 'timeout' });
  });
});

describe('a drain of a gateway', () => {
  it('is refused when the only other one drains and the registry does not know it yet', async () => {
    const cluster = new Cluster(processOf('gateway-1'), processOf('gateway-2'));
    cluster.drainingByOwnWord = ['gateway-1'];
    expect(await cluster.refused(drained('gateway-2'))).toBe('last_node');
  });
});

describe('a cordon that is lifted', () => {
  const before: NodeOrders = { ...NO_ORDERS, cordoned: ['node-1', 'node-9'], draining: ['node-2'] };
  const lifted = async (node: string): Promise<NodeOrders> => {
    const cluster = new Cluster(processOf('node-1'), processOf('node-2'), processOf('gateway-1'));
    cluster.orders = before;
    await cordon(cluster.deps, { node, lift: true });
    return cluster.orders;
  };

  it('is named by the node, also one that is gone, or by the incarnation of one that lives', async () => {
    expect(await lifted('node-9')).toEqual({ ...before, cordoned: ['node-1'] });
    expect(await lifted('node-1-x')).toEqual({ ...before, cordoned: ['node-9'] });
    expect(await lifted('node-2-x')).toEqual({ ...before, draining: [] });
  });

  it('is refused where no node and no order has that name', async () => {
    for (const node of ['node-7', 'node-9-x', 'gateway-1', ''])
      await expect(lifted(node)).rejects.toMatchObject({ kind: 'node_not_found' });
  });
});

describe('orders about what is not there', () => {
  const cluster = new Cluster(processOf('node-1'), processOf('node-2'), processOf('api-1'));

  it('are refused: a move to a node that died or never was, to a role that takes none, of a shard that is none', async () => {
    expect(await cluster.refused((deps) => moveShard(deps, { shard: 7, node: 'node-3' }))).toBe('node_not_found');
    expect(await cluster.refused((deps) => moveShard(deps, { shard: 7, node: 'api-1' }))).toBe('node_not_found');
    expect(await cluster.refused((deps) => moveShard(deps, { shard: 4_096, node: 'node-1' }))).toBe('invalid_argument');
    expect(await cluster.refused(drained('node-3'))).toBe('node_not_found');
    expect(await cluster.refused(drained('api-1'))).toBe('invalid_argument');
    expect(await cluster.refused((deps) => setWeight(deps, { node: 'node-1', weight: -1 }))).toBe('invalid_argument');
  });

  it('are refused: a move to a node that is being drained; and taken again once it is not', async () => {
    cluster.orders = { ...NO_ORDERS, draining: ['node-2'] };
    expect(await cluster.refused((deps) => moveShard(deps, { shard: 7, node: 'node-2' }))).toBe('node_not_found');
    await cordon(cluster.deps, { node: 'node-2', lift: true });
    await moveShard(cluster.deps, { shard: 7, node: 'node-2' });
    expect(cluster.orders).toEqual({ ...NO_ORDERS, pinned: { 7: 'node-2' } });
  });
});
