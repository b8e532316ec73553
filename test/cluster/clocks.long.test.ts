/**
 * Wall clocks that jump by an hour either way while shards change owner, twenty times over, under load. Message ids are made
 * of the clock, and a new owner's may be two hours behind that of the one before: they grow all the same.
 */
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import type { AdminClient, Plain } from '../../cli/client.js';
import { channelActor } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import { Company } from '../people/company.js';
import { describeWith } from '../servers/requirement.js';
import { jumpAll, oneOf } from './fault-kinds.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
const OWNER_CHANGES = 20;
/** Each so many changes, a node is killed in between. */
const KILL_EVERY = 5;
const PATIENCE = { timeout: 90_000, interval: 1_000 };

describeWith('a cluster whose clocks jump', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let company: Company | undefined;
  let operator: AdminClient | undefined;

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { ownServers: { cassandraNodes: 1 }, admin: true, jumpy: true });
  }, 240_000);
  afterAll(async () => {
    operator?.close();
    await company?.leave();
    await cluster?.remove();
  });

  it(`keeps G1 to G4, and gives no message id twice, over ${OWNER_CHANGES} changes of every owner (FAULTS_SEED=${SEED})`, async () => {
    onTestFailed(() => void process.stdout.write(cluster.lastWords));
    const random = seededRandom(SEED);
    company = await Company.gather(cluster.origin);
    const client = cluster.operator();
    operator = client;
    const { members, notes } = company;
    const hush = company.chat(seededRandom(SEED));
    const actors = [...members.keys()].map(channelActor);
    const terms = new Map<string, number>();

    /** Moves a channel's shard to another node; resolves once another one has it. */
    const move = async (actor: string): Promise<void> => {
      const where = (): Promise<Plain<admin.IActorPlace>> => client.ask('Where', { actor });
      const { shard, owner } = await where();
      const targets = cluster.nodes.map(({ name }) => name);
      await expect
        .poll(async () => {
          const { owner: now, ownerName, term } = await where();
          if (now !== '' && now !== owner) return term;
          const others = targets.filter((name) => name !== ownerName);
          // Refused while the registry has lost that node, on a machine that is busy: asked again.
          await client.ask('MoveShard', { shard, node: oneOf(others, random) }).catch(() => undefined);
          return 0;
        }, PATIENCE)
        .toBeGreaterThan(terms.get(actor) ?? 0);
      terms.set(actor, (await where()).term);
    };

    for (let change = 1; change <= OWNER_CHANGES; change++) {
      jumpAll(cluster, random);
      for (const actor of actors) await move(actor);
      await company.untilAllWritten(`change of owner ${change}`);
      if (change % KILL_EVERY > 0) continue;
      const victim = oneOf(cluster.nodes, random);
      await victim.kill();
      jumpAll(cluster, random);
      await company.untilAllWritten(`the death of ${victim.name}, after change ${change}`);
      await victim.comeBack();
      await cluster.untilOwned();
    }
    await cluster.revive();
    hush();
    expect(await company.judge()).toEqual([]);
    const ids = notes.acknowledged.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
    process.stdout.write(`${ids.length} messages with clocks that jumped: no id twice\n`);
  }, 900_000);
});
