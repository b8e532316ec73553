/** A cluster that starts on what `parley migrate` brought from one process: its people go on where they were. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { Company, SETTLE } from '../people/company.js';
import { ParleyProcess, temporaryFolder } from '../process/parley.js';
import { describeWith } from '../servers/requirement.js';
import type { ServerPlace } from '../servers/server-set.js';
import { until } from '../until.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

const SEED = 7;
/** As many messages are said in the one process before it is moved. */
const SAID_BEFORE = 300;
/** And so many while one of the people is away. */
const SAID_MEANWHILE = 25;
const PATIENCE = { timeout: 60_000, interval: 50 };

describeWith('people whose data moved into a cluster', findServers(), SERVERS_HINT, (programs) => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  let embedded: ParleyProcess;
  let cluster: RealCluster;
  let company: Company;
  /** Acknowledged before the move. */
  let before = 0;

  const migrate = async ({ contactPoints, keyspace, postgresUrl }: ServerPlace): Promise<void> => {
    const stores = ['--cassandra', contactPoints.join(','), '--keyspace', keyspace, '--postgres', postgresUrl];
    const { code, output } = await ParleyProcess.run('migrate', '--data', data, '--replication', '1', ...stores);
    if (code !== 0 || !output.includes('Done')) throw new Error(`not moved: ${output}`);
  };

  beforeAll(async () => {
    embedded = await ParleyProcess.start('--port', '0', '--data', data);
    company = await Company.gather(embedded.origin);
    const { notes, people } = company;
    const hush = company.chat(seededRandom(SEED));
    await until('enough is said', () => notes.acknowledged.length > SAID_BEFORE, SETTLE);
    hush();
    await company.settled();
    const [ann, bob] = people;
    await bob?.client.close();
    const [group = ''] = company.members.keys();
    for (let count = 0; count < SAID_MEANWHILE; count++) ann?.say(group);
    await company.settled();
    before = notes.acknowledged.length;
    await company.leave();
    await embedded.signal('SIGTERM');
    cluster = await RealCluster.start(programs, { prepare: migrate, keys: join(data, 'access-token-keys.json') });
  }, 300_000);
  afterAll(async () => {
    await company?.leave();
    await cluster?.remove();
    embedded?.child.kill('SIGKILL');
    folder.remove();
  });

  it('log in on the devices that they had, are given what waited for them, and go on', async () => {
    onTestFailed(() => void process.stdout.write(cluster.lastWords));
    company = await company.moveTo(cluster.origin);
    const { notes } = company;
    const [, bob] = company.people;
    const [group = ''] = company.members.keys();
    const sent = notes.acknowledged.filter(({ channelId }) => channelId === group).length;
    const given = (): number =>
      notes.seen.filter(
        ({ userId, channelId, clientMessageId }) => userId === 'bob' && channelId === group && clientMessageId !== '',
      ).length;
    await expect.poll(given, PATIENCE).toBe(sent);
    expect((await bob?.readLog(group))?.length).toBeGreaterThanOrEqual(sent);
    const hush = company.chat(seededRandom(SEED + 1));
    await company.untilAllWritten('the move');
    hush();
    await company.settled();
    expect(notes.acknowledged.length).toBeGreaterThan(before);
  });

  it('find what they said before the move and after it', async () => {
    const [ann] = company.people;
    const [group = ''] = company.members.keys();
    const log = (await ann?.readLog(group)) ?? [];
    const ofAnn = log.filter(({ from, clientMessageId }) => from === 'ann' && clientMessageId !== '');
    const found: number[] = [];
    for (let before: string | undefined; ; ) {
      const page = await ann?.client.search({
        words: 'says',
        from: 'ann',
        channelId: group,
        ...(before && { before }),
      });
      found.push(...(page?.items ?? []).map(({ event }) => event.seq));
      before = page?.next;
      if (before === undefined) break;
    }
    expect(found.sort((a, b) => a - b)).toEqual(ofAnn.map(({ seq }) => seq));
  });

  it('lose nothing when all owners of what was moved die at once, by the same checker', async () => {
    const hush = company.chat(seededRandom(SEED + 2));
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await Promise.all(cluster.nodes.map((node) => node.comeBack()));
    await company.untilAllWritten('the death of all nodes');
    hush();
    expect(await company.judge()).toEqual([]);
  });
});
