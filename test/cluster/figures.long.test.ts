/**
 * The figures of a cluster: how long its channels wait when an owner is killed, or the coordinator; how long claims take; what
 * a planned drain costs; whether channels that exist and rest cost a take-over anything. Of real processes, on one machine;
 * into bench/results/cluster-figures.json and on the screen. FIGURES=killed,coordinator,drains,existing for some of them,
 * FIGURES_RATE=200 for other than 50 messages a second.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { median } from '../../bench/report/median.js';
import { table } from '../../bench/report/table.js';
import { SHARD_COUNT } from '../../src/core/ids.js';
import { openTestStore } from '../../src/storage/cassandra/testing/test-store.js';
import { describeWith } from '../servers/requirement.js';
import { ExistingChannels } from './existing-channels.js';
import { Probe, type Since } from './probe.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';
import type { RoleProcess } from './role-process.js';

const WANTED = (process.env.FIGURES ?? 'killed,coordinator,drains,existing').split(',');
const REPEATED = Number(process.env.FIGURES_REPEATED ?? 5);
const RATE = Number(process.env.FIGURES_RATE ?? 50);
const EXISTING = [1_000, 10_000, 100_000];
const REPEATED_EXISTING = Math.min(3, REPEATED);
/** Half a million rows, and nine kills. */
const PART_MS = 1_800_000;
const WELL_WITHIN_MS = 60_000;
const REST_MS = 3_000;
/** At most so many nodes are called gone within ten seconds: a kill is measured on a cluster that has forgotten the last. */
const FORGOTTEN_MS = 10_000;
const CALM_MS = 6_000;
const LOOK_MS = 50;

interface Figure {
  readonly figure: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly target: string;
}

describeWith('the figures of a cluster', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let probe: Probe;
  const figures: Figure[] = [];
  const note = (figure: string, unit: string, values: readonly number[], target: string): void => {
    const rounded = values.map(Math.round);
    figures.push({ figure, unit, values: rounded, target });
    process.stdout.write(`${figure}: ${rounded.join(', ')} ${unit}\n`);
  };

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { ownServers: { cassandraNodes: 1 } });
    probe = await Probe.start(cluster.origin, RATE);
    await sleep(REST_MS);
  }, 300_000);

  afterAll(async () => {
    report(figures);
    await probe?.stop();
    await cluster?.remove();
  });

  /** A part of the figures, when it is wanted. */
  const when = (part: string, title: string, measure: () => Promise<void>): void => {
    if (WANTED.includes(part)) it(title, measure, PART_MS);
  };

  async function untilWell(sinceMs: number): Promise<void> {
    for (const end = performance.now() + WELL_WITHIN_MS; !probe.isWell(sinceMs); await sleep(LOOK_MS))
      if (performance.now() > end) throw new Error(`not well within ${WELL_WITHIN_MS} ms`);
  }

  /** Claims of the others, from the first to the last. */
  async function watchClaims(victim: RoleProcess): Promise<{ shards: number; tookMs: number }> {
    const others = cluster.nodes.filter((node) => node !== victim);
    const owned = async (): Promise<number> => {
      const counts = await Promise.all(others.map((node) => node.metric('parley_shards_owned')));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    const before = await owned();
    let firstMs = Number.NaN;
    for (const end = performance.now() + WELL_WITHIN_MS; performance.now() < end; await sleep(LOOK_MS)) {
      const now = await owned();
      if (now > before && Number.isNaN(firstMs)) firstMs = performance.now();
      if (now === SHARD_COUNT) return { shards: SHARD_COUNT - before, tookMs: performance.now() - firstMs };
    }
    throw new Error('not everything was claimed');
  }

  async function kill(victim: RoleProcess): Promise<Since & { readonly claims: { shards: number; tookMs: number } }> {
    const atMs = performance.now();
    await victim.kill();
    const claims = await watchClaims(victim);
    await untilWell(atMs);
    const seen = probe.since(atMs);
    await victim.comeBack();
    await cluster.untilBalanced();
    await sleep(FORGOTTEN_MS);
    return { ...seen, claims };
  }

  /** Stops it; resolves to how long one of its shards was on its way, on average. */
  async function drain(victim: RoleProcess): Promise<number> {
    let ended = false;
    let averageMs = Number.NaN;
    const stopped = victim.stop().finally(() => {
      ended = true;
    });
    for (; !ended; await sleep(4 * LOOK_MS)) {
      const count = await victim.metric('parley_handover_seconds_count');
      const seconds = await victim.metric('parley_handover_seconds_sum');
      if (count > 0 && seconds > 0) averageMs = (1_000 * seconds) / count;
    }
    expect(await stopped).toBe(0);
    return averageMs;
  }

  async function another(than: RoleProcess | undefined): Promise<RoleProcess> {
    const node = cluster.nodes.find((one) => one !== than);
    if (node === undefined) throw new Error('no other node');
    return node;
  }

  async function repeat<Seen>(times: number, once: () => Promise<Seen>): Promise<Seen[]> {
    const all: Seen[] = [];
    for (let count = 0; count < times; count++) all.push(await once());
    return all;
  }

  async function killed(who: string, once: () => ReturnType<typeof kill>): Promise<void> {
    const seen = await repeat(REPEATED, once);
    const slowest = seen.map(({ firstAckMs }) => Math.max(...firstAckMs));
    note(`${who} killed: first acknowledgement on the slowest channel`, 'ms', slowest, '≤ 5,000');
    const failed = seen.map((one) => one.failed);
    note(`${who} killed: failed sends`, '', failed, '0');
    const claimed = seen.map(({ claims }) => claims);
    note(
      `${who} killed: shards that the others claimed`,
      '',
      claimed.map(({ shards }) => shards),
      '–',
    );
    note(
      `${who} killed: from their first claim to their last`,
      'ms',
      claimed.map(({ tookMs }) => tookMs),
      '–',
    );
    expect(failed.every((count) => count === 0)).toBe(true);
  }

  when('killed', 'an owner killed', () =>
    killed('a node', async () => kill(await another(await cluster.coordinator()))),
  );

  when('coordinator', 'the coordinator killed', () =>
    killed('the coordinator', async () => {
      const coordinator = await cluster.coordinator();
      if (coordinator === undefined) throw new Error('no node says that it is the coordinator');
      return kill(coordinator);
    }),
  );

  when('drains', 'a planned drain under load', async () => {
    const seen = await repeat(REPEATED, async () => {
      const victim = await another(await cluster.coordinator());
      const calmMs = performance.now();
      await sleep(CALM_MS);
      const calm = probe.since(calmMs);
      const atMs = performance.now();
      const handOverMs = await drain(victim);
      const tookMs = performance.now() - atMs;
      await untilWell(atMs);
      const during = probe.since(atMs);
      await victim.comeBack();
      await cluster.untilBalanced();
      await sleep(REST_MS);
      return { ...during, tookMs, calm, handOverMs };
    });
    type Drained = (typeof seen)[number];
    const noteEach = (figure: string, unit: string, of: (one: Drained) => number, target: string): void =>
      note(figure, unit, seen.map(of), target);
    noteEach('drain of a node: slowest acknowledgement', 'ms', ({ slowestAckMs }) => slowestAckMs, '≤ 500');
    noteEach('drain of a node: acknowledgements later than 500 ms', '', ({ late }) => late, '0');
    noteEach('drain of a node: messages sent', '', ({ sent }) => sent, '–');
    noteEach('beside it: slowest in the six seconds before', 'ms', ({ calm }) => calm.slowestAckMs, '–');
    noteEach('drain of a node: a shard is closed, on average', 'ms', ({ handOverMs }) => handOverMs, '–');
    noteEach('drain of a node: failed sends', '', ({ failed }) => failed, '0');
    noteEach('drain of a node: lost sessions', '', ({ lost }) => lost, '0');
    noteEach('drain of a node: until it has ended', 'ms', ({ tookMs }) => tookMs, '–');
    expect(seen.map(({ failed, lost }) => failed + lost).every((count) => count === 0)).toBe(true);
  });

  when('existing', 'a take-over beside channels that exist', async () => {
    const { contactPoints, keyspace } = cluster.place;
    const store = await openTestStore(contactPoints, keyspace);
    const channels = await ExistingChannels.begin(cluster.origin, store.messages);
    for (const count of EXISTING) {
      await channels.growTo(count);
      await sleep(FORGOTTEN_MS);
      const seen = await repeat(REPEATED_EXISTING, async () => kill(await another(await cluster.coordinator())));
      const slowest = seen.map(({ firstAckMs }) => Math.max(...firstAckMs));
      const title = `${count.toLocaleString('en-US')} channels exist, a node killed`;
      note(`${title}: first acknowledgement on the slowest`, 'ms', slowest, 'flat');
      note(
        `${title}: from the first claim to the last`,
        'ms',
        seen.map(({ claims }) => claims.tookMs),
        'flat',
      );
    }
    await channels.end();
    await store.close();
  });
});

function report(figures: readonly Figure[]): void {
  const rows = figures.map(({ figure, unit, values, target }) => {
    const worst = Math.max(...values);
    return [
      figure,
      `${Math.round(median(values))} ${unit}`.trim(),
      `${worst} ${unit}`.trim(),
      `${values.length}`,
      target,
    ];
  });
  process.stdout.write(`\n${table(['figure', 'median', 'worst', 'runs', 'target'], rows)}\n`);
  mkdirSync('bench/results', { recursive: true });
  const date = new Date().toISOString();
  writeFileSync('bench/results/cluster-figures.json', `${JSON.stringify({ date, figures }, null, 2)}\n`);
}
