/** What a cluster on real servers refuses of what is said about messages: the same as one process. */
import { afterAll, beforeAll, it } from 'vitest';
import { openPostgresDirectory } from '../../src/directory/postgres/postgres-directory.js';
import { findServers, RealCluster, SERVERS_HINT } from '../cluster/real-cluster.js';
import { describeWith } from '../servers/requirement.js';
import { BadInput, REFUSALS } from './bad-input.js';

describeWith('a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let bad: BadInput;

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { nodes: 1, gateways: 1 });
    const makeAccounts = async (userIds: readonly string[]): Promise<void> => {
      const directory = await openPostgresDirectory({ url: cluster.place.postgresUrl });
      await directory.accounts.createMany(userIds.map((userId) => ({ userId, passwordHash: 'nobody logs in' })));
      await directory.close();
    };
    const gateway = `http://127.0.0.1:${cluster.gateways[0]?.port}`;
    bad = new BadInput({ origin: cluster.origin, gateway, makeAccounts });
    await bad.begin();
  }, 240_000);
  afterAll(() => cluster?.remove());

  it.each(REFUSALS)('refuses $what', (refusal) => bad.isRefused(refusal));
  it('refuses a search in a foreign channel', () => bad.refusesForeignSearch());
  it('refuses a read cursor ahead of the head, and keeps the one before', () => bad.refusesCursorAhead());
  it('refuses to name all of more than a thousand members', () => bad.refusesToNameAll(), 90_000);
});
