/** What people and operators do with a chat, on a cluster of real processes and servers: the same as on one process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLoad } from '../../bench/load/testing/run-load.js';
import { openPostgresDirectory } from '../../src/directory/postgres/postgres-directory.js';
import { createSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { findServers, RealCluster, SERVERS_HINT } from '../cluster/real-cluster.js';
import { temporaryFolder } from '../process/parley.js';
import { describeWith } from '../servers/requirement.js';
import { FEATURES } from './features.js';
import { CLIENT_CERTIFICATES, OPERATORS_TLS, pem, TLS } from './operators-tls.js';
import { PushServices } from './push-services.js';
import { Stage } from './stage.js';

const LOAD = {
  about: 'Pairs write to each other, some of them by polls.',
  users: 40,
  others: { long_poll: 10, poll: 10 },
  ...{ connectSeconds: 1, warmUpSeconds: 1, seconds: 4 },
  talk: [{ kind: 'direct', rate: 100 }],
};

describeWith('a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let pushServices: PushServices;
  let stage: Stage;

  const folder = temporaryFolder();
  const keys = join(folder.path, 'keys.json');

  beforeAll(async () => {
    createSigningKeyFile(keys);
    pushServices = await PushServices.start();
    const pushing = { pushes: 1, pushOptions: pushServices.options };
    cluster = await RealCluster.start(programs, { nodes: 2, gateways: 2, admin: true, keys, ...pushing });
    const makeAccounts = async (userIds: readonly string[]): Promise<void> => {
      const directory = await openPostgresDirectory({ url: cluster.place.postgresUrl });
      await directory.accounts.createMany(userIds.map((userId) => ({ userId, passwordHash: 'nobody logs in' })));
      await directory.close();
    };
    const operate = (...args: readonly string[]) => cluster.operate(...args);
    stage = new Stage({ origin: cluster.origin, makeAccounts, operate, pushServices });
  }, 240_000);
  afterAll(async () => {
    await stage?.close();
    await cluster?.remove();
    pushServices?.close();
    folder.remove();
  });

  it.concurrent.each(FEATURES)('has $what', ({ show }) => show(stage), 120_000);

  it('carries the load of the bench by every transport, with nothing broken', async () => {
    const scenario = join(folder.path, 'direct.json');
    writeFileSync(scenario, JSON.stringify(LOAD));
    const target = ['--target', cluster.origin, '--postgres', cluster.place.postgresUrl, '--token-keys', keys];
    const { code, output } = await runLoad(scenario, ...target, '--results', folder.path);
    expect([code, output]).toEqual([0, expect.stringContaining('broken: G1 0, G2 0, G3 0, G4 0')]);
  }, 120_000);

  describe('the operators’ API over TLS', () => {
    beforeAll(async () => {
      const [admin] = cluster.admins;
      await admin?.stop();
      admin?.configure(...TLS, ...CLIENT_CERTIFICATES);
      await admin?.comeBack();
    });

    const byToken = (...args: readonly string[]) => cluster.operate(...args, '--ca', pem('ca.pem'));
    it.each(OPERATORS_TLS)('$what', ({ show }) =>
      show({ address: cluster.operators.address, data: folder.path, byToken }),
    );
  });
});
