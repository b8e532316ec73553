/**
 * What people notice when the gateway that they are at dies, and the node that has their actors: nothing that lasts. Who does not
 * come back from a gateway that died is offline to their friends, once: after the grace, and not after their session's lease.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Presence } from '../../client/index.js';
import { directChannelId } from '../../src/core/ids.js';
import { SETTLE } from '../people/company.js';
import { Notes, Person } from '../people/people.js';
import { describeWith } from '../servers/requirement.js';
import { until } from '../until.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';
import type { RoleProcess } from './role-process.js';

const PATIENCE = { timeout: 30_000, interval: 50 };
/** Longer than a change of owner or a way to another gateway takes. */
const AFTERWARDS_MS = 12_000;
/** Who does not come back appears to be there for so long at least, so that who does is not seen to leave. */
const GRACE_MS = 30_000;
/** The registry's check, the gateway's time to answer, the grace, and a little; the lease alone would take 120 s. */
const OFFLINE_WITHIN = { timeout: 60_000, interval: 200 };

describeWith('people whose processes die', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let ann: Person;
  let bob: Person;
  /** How others appeared to bob, one after the other. */
  const seen: Presence[] = [];
  const notes = new Notes();

  beforeAll(async () => {
    cluster = await RealCluster.start(programs);
    [ann, bob] = await Promise.all([
      Person.arrive(cluster.origin, 'ann', notes),
      Person.arrive(cluster.origin, 'bob', notes),
    ]);
    await ann.client.people.requestFriend('bob');
    await bob.client.people.acceptFriend('ann');
    bob.client.on('presence', (items) => seen.push(...items));
    await bob.client.watchPresence(['ann']);
    await ann.greet('bob');
    await until('ann is seen to be there', () => statesOf('ann').at(-1) === 'online', SETTLE);
  }, 240_000);
  afterAll(async () => {
    await Promise.all([ann, bob].map((person) => person?.client.close()));
    await cluster?.remove();
  });

  const statesOf = (userId: string) => seen.filter((item) => item.userId === userId).map(({ state }) => state);

  async function talk(): Promise<void> {
    const channelId = directChannelId('ann', 'bob');
    for (const [from, to] of [[ann, bob] as const, [bob, ann] as const]) {
      const before = to.headOf(channelId);
      from.say(channelId);
      await expect.poll(() => to.headOf(channelId), PATIENCE).toBeGreaterThan(before);
    }
  }

  const gatewayOf = ({ client }: Person): RoleProcess | undefined => {
    const { connection } = client;
    return cluster.gateways.find(({ port }) => connection.type === 'online' && connection.url.includes(`:${port}/`));
  };

  it('come to another gateway when theirs dies, stay online to their friends, and go on', async () => {
    const first = gatewayOf(ann);
    if (first === undefined) throw new Error('ann is at no gateway');
    seen.length = 0;
    await first.kill();
    await expect.poll(() => gatewayOf(ann)?.name, PATIENCE).not.toBe(first.name);
    await expect.poll(() => gatewayOf(bob)?.name, PATIENCE).toBeDefined();
    await talk();
    await sleep(AFTERWARDS_MS);
    expect(statesOf('ann')).not.toContain('offline');
    await first.comeBack();
  });

  it('keep their sessions when any node dies, stay online to their friends, and go on', async () => {
    const states: string[] = [];
    for (const { client } of [ann, bob]) client.on('connection', ({ type }) => states.push(type));
    for (const node of cluster.nodes) {
      seen.length = 0;
      await node.kill();
      await talk();
      await node.comeBack();
      await talk();
    }
    await expect.poll(() => seen.length === 0 || statesOf('ann').at(-1) === 'online', PATIENCE).toBe(true);
    expect([states, statesOf('ann').includes('offline'), notes.failed]).toEqual([[], false, []]);
  });

  it('are offline to their friends once, after the grace, where they do not come back from a gateway that died', async () => {
    const carol = await Person.arrive(cluster.origin, 'carol', notes);
    await carol.client.people.requestFriend('bob');
    await bob.client.people.acceptFriend('carol');
    await bob.client.watchPresence(['carol']);
    await expect.poll(() => statesOf('carol').at(-1), PATIENCE).toBe('online');
    carol.client.on('connection', () => void carol.client.close()); // at its first loss
    seen.length = 0;
    const killedMs = Date.now();
    await gatewayOf(carol)?.kill();
    await expect.poll(() => statesOf('carol').at(-1), OFFLINE_WITHIN).toBe('offline');
    const tookMs = Date.now() - killedMs;
    expect(tookMs).toBeGreaterThan(GRACE_MS);
    process.stdout.write(`offline ${tookMs} ms after the gateway was killed\n`);
    await sleep(AFTERWARDS_MS);
    expect(statesOf('carol').filter((state) => state === 'offline')).toHaveLength(1);
  });
});
