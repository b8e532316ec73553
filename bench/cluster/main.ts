/**
 * `make bench-cluster`: a Parley cluster on servers of its own beside a bare driver that writes the same rows to the same
 * Cassandra in the same run. See BENCHMARKS.md for what is measured.
 */
import { loadavg } from 'node:os';
import { machine, runProgram, say, writeResult } from '../run/program.js';
import { BareDriver } from './bare-driver.js';
import { type CrowdRun, runCrowd } from './crowd-run.js';
import { saturateDriver, warmUp } from './driver-run.js';
import { CLUSTER_HELP, type ClusterBenchOptions, readClusterOptions } from './options.js';
import { ParleyCluster } from './parley-cluster.js';
import { type ClusterResults, describe } from './report.js';
import { type Cores, coresOf, type Servers, startServers } from './servers.js';

async function main(): Promise<number> {
  const options = readClusterOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(CLUSTER_HELP);
    return 0;
  }
  const started = performance.now();
  const loadBefore = loadavg();
  const cores = coresOf(options.apart);
  say('Cassandra, NATS, Consul and PostgreSQL start');
  const servers = await startServers(cores, options.heapMegabytes);
  try {
    const results = await run(options, servers, cores);
    const load = { before: loadBefore, after: loadavg() };
    const file = writeResult(options.results, 'cluster', { machine: machine(), options, cores, load, results });
    console.log(`\n${describe(results)}`);
    console.log(`\nLoad average ${loadBefore[0]?.toFixed(1)} before; ${load.after[0]?.toFixed(1)} at the end`);
    console.log(`${file} after ${Math.round((performance.now() - started) / 1000)} s`);
    return 0;
  } finally {
    await servers.remove();
  }
}

async function run(options: ClusterBenchOptions, servers: Servers, cores: Cores): Promise<ClusterResults> {
  const wants = (part: ClusterBenchOptions['only'][number]): boolean => options.only.includes(part);
  const driver = await BareDriver.start(servers, cores);
  try {
    say(`the bare driver warms Cassandra up for ${options.warmUpSeconds} s`);
    await warmUp(driver, options.warmUpSeconds);
    say('the bare driver: looking for the highest rate');
    const drivers = [await saturateDriver(driver, servers)];
    const [few = 1_000, ...more] = options.users;
    const runs: CrowdRun[] = [];
    if (wants('saturation') || wants('users')) {
      const numbers = wants('users') ? [few, ...more] : [few];
      runs.push(...(await runUsers(options, servers, cores, numbers)));
    }
    if (wants('saturation')) {
      say('the bare driver again: looking for the highest rate');
      drivers.push(await saturateDriver(driver, servers));
    }
    const nodes = wants('nodes') ? await runNodes(options, servers, cores, few) : [];
    return {
      drivers,
      parley: runs.find(({ saturation }) => saturation !== undefined)?.saturation,
      idle: [...runs, ...nodes].map(({ idle }) => idle),
      firsts: [...runs, ...nodes].map(({ first }) => first),
      users: runs.map(({ measured }) => measured),
      nodes: nodes.map(({ measured }) => measured),
      verdicts: [...runs, ...nodes].map(({ verdict }) => verdict),
    };
  } finally {
    driver.stop();
  }
}

/** All on one cluster of one node; the highest rate with the first number of users. */
async function runUsers(
  options: ClusterBenchOptions,
  servers: Servers,
  cores: Cores,
  numbers: readonly number[],
): Promise<CrowdRun[]> {
  const cluster = await ParleyCluster.start(servers, cores, 1);
  try {
    const runs: CrowdRun[] = [];
    for (const users of numbers) {
      const saturation = runs.length === 0 && options.only.includes('saturation');
      runs.push(await runCrowd(cluster, servers, { ...options, users, saturation, say }));
    }
    return runs;
  } finally {
    await cluster.stop();
  }
}

async function runNodes(
  options: ClusterBenchOptions,
  servers: Servers,
  cores: Cores,
  users: number,
): Promise<CrowdRun[]> {
  const runs: CrowdRun[] = [];
  for (const count of options.nodes) {
    const cluster = await ParleyCluster.start(servers, cores, count);
    try {
      runs.push(await runCrowd(cluster, servers, { ...options, users, saturation: false, say }));
    } finally {
      await cluster.stop();
    }
  }
  return runs;
}

runProgram(main);
