/** What people and operators do with a chat, on a cluster of real processes and servers: the same as on one process. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runLoad } from '../../bench/load/testing/run-load.js';
import { openPostgresDirectory } from '../../src/directory/postgres/postgres-directory.js';
import { createSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { findServers, RealCluster, SERVERS_HINT } from '../cluster/real-cluster.js';
import { temporaryFolder } from '../process/parley.js';
import { describeWith } from '../servers/requirement.js';
import { FEATURES } from './features.js';
import { Stage } from './stage.js';

describeWith('a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let stage: Stage;

  const folder = temporaryFolder();
  const keys = join(folder.path, 'keys.json');

  beforeAll(async () => {
    createSigningKeyFile(keys);
    cluster = await RealCluster.start(programs, { nodes: 2, gateways: 2, admin: true, keys });
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
    folder.remove();
  });

  it.each(FEATURES)('has $what', ({ show }) => show(stage), 120_000);

  it.each(['direct', 'transports'])(
    'carries the load of the bench, with nothing broken: %s',
    async (scenario) => {
      const target = ['--target', cluster.origin, '--postgres', cluster.place.postgresUrl, '--token-keys', keys];
      const sizes = ['--users', '40', '--seconds', '4', '--results', folder.path];
      const { code, output } = await runLoad(scenario, ...sizes, ...target);
      expect([code, output]).toEqual([0, expect.stringContaining('broken: G1 0, G2 0, G3 0, G4 0')]);
    },
    120_000,
  );
});
