import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSUL_HINT, ConsulServer, findConsul } from '../../../../test/servers/consul-server.js';
import { describeWith } from '../../../../test/servers/requirement.js';
import { until } from '../../../../test/until.js';
import { systemClock } from '../../../core/clock.js';
import { SHARD_COUNT } from '../../../core/ids.js';
import { silentLogger } from '../../../core/logger.js';
import { noMetrics } from '../../../core/metrics.js';
import { randomName, systemRandom } from '../../../core/random.js';
import { describeMembership, type MembershipHarness, placementOf, processInfo } from '../conformance.js';
import { ConsulMembership } from './consul-membership.js';

const healed = (sentence: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  until(sentence, holds, { withinMs: 30_000 });

const membershipAt = (address: string, cluster: string): ConsulMembership =>
  new ConsulMembership({
    address: `http://${address}`,
    cluster,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: noMetrics,
  });

const newName = (): string => `test-${randomName(systemRandom, 8)}`;

describeWith('membership on a real Consul', findConsul(), CONSUL_HINT, (program) => {
  let server: ConsulServer;
  const left: ConsulMembership[] = [];

  beforeAll(async () => {
    server = await ConsulServer.start(program);
  });
  afterAll(async () => {
    for (const link of left) await link.abandon();
    await server.remove();
  });

  const connect = (cluster: string): ConsulMembership => {
    const link = membershipAt(server.address, cluster);
    left.push(link);
    return link;
  };

  describeMembership(async (): Promise<MembershipHarness> => {
    const cluster = newName();
    return {
      connect: async () => connect(cluster),
      kill: (link) => (link instanceof ConsulMembership ? link.abandon() : Promise.reject(new Error('not ours'))),
      until: (condition) => healed('it comes to that', condition),
      rest: () => new Promise((resolve) => setTimeout(resolve, 1_500)),
    };
  });

  it('refuses a process with another number of shards, and names both', async () => {
    const cluster = newName();
    const identity = JSON.stringify({ cluster, shardCount: SHARD_COUNT / 2 });
    await fetch(`http://${server.address}/v1/kv/parley/${cluster}/identity`, { method: 'PUT', body: identity });
    await expect(connect(cluster).join(processInfo('a'))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`${SHARD_COUNT / 2} shards`),
    });
  });

  it('says in one sentence where Consul should be when it is not there', async () => {
    await expect(membershipAt('127.0.0.1:1', newName()).join(processInfo('a'))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/^Consul at http:\/\/127\.0\.0\.1:1 cannot be used/),
    });
  });

  it('reads a map that it cannot read as none', async () => {
    const cluster = newName();
    const board = `http://${server.address}/v1/kv/parley/${cluster}/board/placement`;
    await fetch(board, { method: 'PUT', body: '{"version":"1"}' });
    const link = connect(cluster);
    await link.join(processInfo('a'));
    expect(link.placement()).toBeUndefined();
    expect(await link.publish(placementOf(1, ['a-1']))).toBe(true);
    expect(link.placement()?.version).toBe(1);
    await link.leave();
  });
});

describeWith('membership while Consul fails', findConsul(), CONSUL_HINT, (program) => {
  async function world() {
    const server = await ConsulServer.start(program);
    const cluster = newName();
    const [a, b] = [membershipAt(server.address, cluster), membershipAt(server.address, cluster)];
    const elected = new Set<string>();
    for (const [name, link] of [['a', a] as const, ['b', b] as const]) {
      await link.join(processInfo(name));
      link.campaign((is) => void (is ? elected.add(name) : elected.delete(name)));
    }
    await healed(
      'both see both, and one is elected',
      () => a.processes().length === 2 && b.processes().length === 2 && elected.size === 1,
    );
    const end = async () => {
      await a.abandon();
      await b.abandon();
      await server.remove();
    };
    return { server, a, b, elected, end };
  }

  it('keeps what it knew while Consul is dead, elects nobody, and is registered again when it is back', async () => {
    const { server, a, b, elected, end } = await world();
    await a.publish(placementOf(1, ['a-1', 'b-1']));
    await server.kill();
    await healed('nobody is elected', () => elected.size === 0 && !a.reachable);
    expect([a.processes().length, b.processes().length, a.placement()?.version]).toEqual([2, 2, 1]);
    await expect(a.publish(placementOf(2, ['a-1']))).rejects.toMatchObject({ kind: 'unavailable' });
    await server.start();
    await healed(
      'one is elected, and both see both',
      () => elected.size === 1 && a.processes().length === 2 && b.processes().length === 2,
    );
    await healed('b has the first map', () => b.placement()?.version === 1);
    expect(await b.publish(placementOf(2, ['b-1']))).toBe(true);
    await end();
  });

  it('fills an empty Consul again, and goes on with the version of the map that was known', async () => {
    const { server, a, b, elected, end } = await world();
    await a.publish(placementOf(1, ['a-1', 'b-1']));
    await healed('b has the first map', () => b.placement()?.version === 1);
    const base = `http://${server.address}/v1`;
    const sessions = (await (await fetch(`${base}/session/list`)).json()) as { ID: string }[];
    for (const { ID } of sessions) await fetch(`${base}/session/destroy/${ID}`, { method: 'PUT' });
    await fetch(`${base}/kv/parley/?recurse=true`, { method: 'DELETE' });
    await healed(
      'both see both, and one is elected',
      () => a.processes().length === 2 && b.processes().length === 2 && elected.size === 1,
    );
    // `b` may not have seen yet that the map is gone: its first check-and-set is then refused, as a coordinator's is.
    await healed('b publishes the second', () => b.publish(placementOf(2, ['b-1'])));
    await healed('a has the second map', () => a.placement()?.version === 2);
    await end();
  });

  it('misses nobody, and elects one, after Consul stood still for longer than the check lives', async () => {
    const { server, a, b, elected, end } = await world();
    server.pause();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    server.resume();
    await healed(
      'one is elected, and both see both',
      () => elected.size === 1 && a.processes().length === 2 && b.processes().length === 2,
    );
    await end();
  });
});

describe('a name of a cluster', () => {
  it('is refused when Consul could not keep it', () => {
    expect(() => membershipAt('127.0.0.1:1', 'a/b')).toThrow(/letters, digits and dashes/);
  });
});
