/** What people and operators do with a chat, on a cluster of real processes and servers: the same as on one process. */
import { afterAll, beforeAll, it } from 'vitest';
import { openPostgresDirectory } from '../../src/directory/postgres/postgres-directory.js';
import { findServers, RealCluster, SERVERS_HINT } from '../cluster/real-cluster.js';
import { describeWith } from '../servers/requirement.js';
import { FEATURES } from './features.js';
import { Stage } from './stage.js';

describeWith('a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let stage: Stage;

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { nodes: 2, gateways: 2, admin: true });
    const makeAccounts = async (userIds: readonly string[]): Promise<void> => {
      const directory = await openPostgresDirectory({ url: cluster.place.postgresUrl });
      await directory.accounts.createMany(userIds.map((userId) => ({ userId, passwordHash: 'nobody logs in' })));
      await directory.close();
    };
    const operate = (...args: readonly string[]) => cluster.operate(...args);
    stage = new Stage({ origin: cluster.origin, makeAccounts, operate });
  }, 240_000);
  afterAll(async () => {
    await stage?.close();
    await cluster?.remove();
  });

  it.each(FEATURES)('has $what', ({ show }) => show(stage), 120_000);
});
