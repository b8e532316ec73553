/**
 * Faults on real processes: people chat while nodes, gateways and servers are killed, paused, cut off, drained and started again,
 * in an order that the seed decides; then the checker judges what they sent and saw. FAULTS=20 FAULTS_SEED=7 for more, or the
 * same again; FAULTS_ONLY=NATS for those whose names hold that.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { describeWith } from '../servers/requirement.js';
import { Company } from './company.js';
import { faultsOf } from './fault-kinds.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

/** Some three minutes of them; in CI, some five. */
const FAULTS = Number(process.env.FAULTS ?? (process.env.CI === 'true' ? 20 : 12));
const ONLY = process.env.FAULTS_ONLY ?? '';
/** How long a process is cut off or paused at most: in a run that is to be short, shorter. */
const OUTAGE_MS_MAX = Number(process.env.FAULTS_OUTAGE_MS ?? (FAULTS > 30 ? 30_000 : 12_000));
/** In CI always the same, so that a change is judged by its own faults; elsewhere another one each time. */
const SEED = Number(process.env.FAULTS_SEED ?? (process.env.CI === 'true' ? 20 : Date.now() % 1_000_000));
const TEST_MS = 300_000 + 60_000 * FAULTS;

describeWith('a cluster on real servers under faults', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let company: Company | undefined;

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { cuttable: true, jumpy: true });
  }, 240_000);
  afterAll(async () => {
    await company?.leave();
    await cluster?.remove();
  });

  it(
    `keeps every acknowledged message once, in order, and brings it to every member (FAULTS=${FAULTS} FAULTS_SEED=${SEED})`,
    async () => {
      const random = seededRandom(SEED);
      company = await Company.gather(cluster.origin);
      const hush = company.chat(random);
      const faults = faultsOf(random, ONLY);
      for (let count = 1; count <= FAULTS; count++) {
        const fault = faults.next().value;
        const fenced = await cluster.revive();
        if (fenced.length > 0) process.stdout.write(`fenced, said so and started again: ${fenced.join(' ')}\n`);
        const startedMs = Date.now();
        await fault.happen({ cluster, random, outageMsMax: OUTAGE_MS_MAX });
        const endedMs = Date.now();
        await company.untilAllWritten(fault.name);
        const line = `${fault.name}, ${endedMs - startedMs} ms; all well ${Date.now() - endedMs} ms after it`;
        process.stdout.write(`fault ${count}: ${line}\n`);
      }
      await cluster.revive();
      hush();
      expect(await company.judge()).toEqual([]);
      expect(company.notes.acknowledged.length).toBeGreaterThan(10 * FAULTS);
    },
    TEST_MS,
  );
});
