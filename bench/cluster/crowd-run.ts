/** So many users of a cluster, in pairs, and the load that they make. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '../../checker/history.js';
import { pause } from '../load/generator/pace.js';
import { connect, GeneratorProcess } from '../run/generator.js';
import { type Measurement, measure } from '../run/measure.js';
import { profiling } from '../run/profile.js';
import { type Saturation, saturate } from '../run/saturation.js';
import { directChannels, judgeLedgers } from '../run/verdict.js';
import type { Stage } from '../stage/stage.js';
import { ATTEMPTS_MAX } from './driver-run.js';
import { Meter } from './meter.js';
import type { ParleyCluster, StoreCounts } from './parley-cluster.js';
import type { Servers } from './servers.js';

const CONNECT_USERS_A_SECOND = 1_000;
/** Once round all users, slowly, so that channels exist and actors are awake before anything is measured. */
const FIRST_RATE = 250;
const IDLE_SECONDS = 4;
const WARM_UP_SECONDS = 1;
const SETTLE_SECONDS = 15;
const SATURATION_SECONDS = 4;
const SATURATION_FROM = 500;
const HIGHEST_RATE = 40_000;

export type Group = 'nodes' | 'gateway' | 'cassandra' | 'nats';

export interface ClusterMeasurement extends Measurement {
  readonly nodes: number;
  readonly users: number;
  /** Processor time, microseconds a message. */
  readonly microseconds: Record<Group, number>;
  /** Of the measured load and what went before it in the same order (its warm-up), and its settling. */
  readonly store: StoreCounts;
  /** Messages that `store` counts. */
  readonly storeMessages: number;
}

/** Shares of one core, before the first user of this crowd connects. */
export interface Idle {
  readonly nodes: number;
  readonly shares: Record<Group, number>;
}

export interface CrowdPlan {
  readonly users: number;
  readonly rate: number;
  readonly seconds: number;
  /** At the same rate, before it is measured. */
  readonly warmUpSeconds: number;
  readonly saturation: boolean;
  readonly profile: string | undefined;
  readonly say: (sentence: string) => void;
}

export interface CrowdRun {
  readonly idle: Idle;
  readonly first: ClusterMeasurement;
  readonly measured: ClusterMeasurement;
  readonly saturation: Saturation<ClusterMeasurement> | undefined;
  /** What the checker says of everything that was sent and delivered. */
  readonly verdict: Verdict;
}

export async function runCrowd(cluster: ParleyCluster, servers: Servers, plan: CrowdPlan): Promise<CrowdRun> {
  const { users, rate, seconds, warmUpSeconds, say } = plan;
  const nodes = `${cluster.nodes.length} ${cluster.nodes.length === 1 ? 'node' : 'nodes'}`;
  const generator = new GeneratorProcess();
  try {
    const idle = await idleOf(cluster, servers);
    say(`Parley, ${nodes}: ${users} users connect`);
    const stage = await cluster.stage(users);
    await connect(generator, stage.target, { end: users, overSeconds: users / CONNECT_USERS_A_SECOND });
    const offer = offering(cluster, servers, generator, users);
    say(`Parley, ${nodes}: a first message of each user, ${FIRST_RATE}/s`);
    const first = await offer(FIRST_RATE, Math.ceil(users / FIRST_RATE), 0);
    say(`Parley, ${nodes}: ${rate}/s, ${warmUpSeconds} s to warm up and ${seconds} s measured`);
    const profiles = await Promise.all([
      profiling(cluster.nodes[0] ?? cluster.gateway, plan.profile, `node-1-of-${cluster.nodes.length}-${users}`),
      profiling(cluster.gateway, plan.profile, `gateway-${cluster.nodes.length}-${users}`),
    ]);
    const measured = await offer(rate, seconds, warmUpSeconds);
    for (const profile of profiles) await profile();
    let saturation: Saturation<ClusterMeasurement> | undefined;
    if (plan.saturation) {
      say(`Parley, ${nodes}: looking for the highest rate`);
      const attempt = (each: number) => offer(each, SATURATION_SECONDS);
      saturation = await saturate(SATURATION_FROM, HIGHEST_RATE, attempt, ATTEMPTS_MAX);
    }
    return { idle, first, measured, saturation, verdict: await judgeCrowd(generator, stage, users) };
  } finally {
    generator.stop();
  }
}

const meterOf = (cluster: ParleyCluster, { pids }: Servers): Meter<Group> =>
  new Meter<Group>({ ...cluster.pids, cassandra: [pids.cassandra], nats: [pids.nats] });

async function idleOf(cluster: ParleyCluster, servers: Servers): Promise<Idle> {
  const meter = meterOf(cluster, servers);
  meter.onPhase('measuring');
  await pause(IDLE_SECONDS * 1_000);
  meter.onPhase('measured');
  const shares = Object.entries(meter.microsecondsAMessage(IDLE_SECONDS)).map(([group, each]) => [group, each / 1e6]);
  return { nodes: cluster.nodes.length, shares: Object.fromEntries(shares) as Record<Group, number> };
}

function offering(cluster: ParleyCluster, servers: Servers, generator: GeneratorProcess, users: number) {
  return async (rate: number, seconds: number, warmUpSeconds = WARM_UP_SECONDS): Promise<ClusterMeasurement> => {
    const meter = meterOf(cluster, servers);
    const before = await cluster.counts();
    const load = { type: 'direct', rate, warmUpSeconds, seconds, settleSeconds: SETTLE_SECONDS, awaitDelivery: true };
    const measurement = await measure(cluster, generator, load as Parameters<typeof measure>[2], meter.onPhase);
    const after = await cluster.counts();
    return {
      ...measurement,
      nodes: cluster.nodes.length,
      users,
      microseconds: meter.microsecondsAMessage(rate * seconds),
      store: {
        flushes: after.flushes - before.flushes,
        rows: after.rows - before.rows,
        fenceReads: after.fenceReads - before.fenceReads,
        requests: after.requests - before.requests,
      },
      storeMessages: measurement.sent,
    };
  };
}

async function judgeCrowd(generator: GeneratorProcess, { userId }: Stage, users: number): Promise<Verdict> {
  const scratch = mkdtempSync(join(tmpdir(), 'parley-ledger-'));
  try {
    const file = join(scratch, 'ledger');
    await generator.order({ type: 'write_ledger', file });
    const names = Array.from({ length: users }, (_, user) => userId(user));
    const readers = new Set(names.keys());
    return judgeLedgers([readFileSync(file)], { userId, readers, channels: directChannels(names) });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
