/**
 * Faults on real processes: people chat while nodes, gateways and servers are killed, paused, cut off, drained and started again,
 * in an order that the seed decides; then the checker judges what they sent and saw. FAULTS=20 FAULTS_SEED=7 for more, or the
 * same again; FAULTS_ONLY=NATS for those whose names hold that.
 */
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { Company } from '../people/company.js';
import { describeWith } from '../servers/requirement.js';
import { FAULT_KINDS, faultsOf } from './fault-kinds.js';
import { FaultsReport } from './faults-report.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

/** Some three minutes of them; in CI, some five. */
const FAULTS = Number(process.env.FAULTS ?? (process.env.CI === 'true' ? FAULT_KINDS.length : 8));
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
    cluster = await RealCluster.start(programs, {
      ownServers: { cassandraNodes: 1 },
      cuttable: true,
      jumpy: true,
      spare: true,
    });
  }, 240_000);
  afterAll(async () => {
    await company?.leave();
    await cluster?.remove();
  });

  it(
    `keeps every acknowledged message once, in order, and brings it to every member (FAULTS=${FAULTS} FAULTS_SEED=${SEED})`,
    async () => {
      onTestFailed(() => void process.stdout.write(cluster.lastWords));
      company = await Company.gather(cluster.origin);
      const hush = company.chat(seededRandom(SEED));
      const faults = faultsOf(seededRandom(SEED), ONLY);
      const report = new FaultsReport({ seed: SEED, only: ONLY });
      for (let count = 1; count <= FAULTS; count++) {
        const fault = faults.next().value;
        // Of its own, so that neither the chat nor what the faults before it met changes what it does.
        const random = seededRandom(SEED + count);
        report.fenced(await cluster.revive());
        const startedMs = Date.now();
        await fault.happen({ cluster, random, outageMsMax: OUTAGE_MS_MAX });
        const endedMs = Date.now();
        await company.untilAllWritten(fault.name);
        report.happened(fault.name, endedMs - startedMs, Date.now() - endedMs);
      }
      report.fenced(await cluster.revive());
      hush();
      const findings = await company.judge();
      report.print(company.notes, findings);
      expect(findings).toEqual([]);
      expect(company.notes.acknowledged.length).toBeGreaterThan(10 * FAULTS);
    },
    TEST_MS,
  );
});
