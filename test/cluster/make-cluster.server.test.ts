/** `make cluster`, with one process of each role that chats: whoever kills one sees it started again, and the others go on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { SETTLE } from '../people/company.js';
import { dashboardMetrics, metricsServedAt } from '../process/dashboard-metrics.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, SERVERS_HINT } from '../servers/server-programs.js';
import { sharedPlace } from '../servers/shared-place.js';
import { until } from '../until.js';

const PROGRAM = fileURLToPath(new URL('../../scripts/cluster/up.mjs', import.meta.url));
const DASHBOARD = fileURLToPath(new URL('../../deploy/grafana/dashboards/parley-cluster.json', import.meta.url));
const WITHIN = { timeout: 60_000, interval: 100 };
/** Gateways and APIs serve their metrics so far above their own ports. */
const METRICS_ABOVE = 100;
/** As far above the base port as the last of its processes is. */
const PORTS = 42;
const COUNTS = ['--nodes=1', '--gateways=1', '--apis=1', '--pushes=0', '--admins=0'];

describeWith('make cluster', findServers(), SERVERS_HINT, () => {
  let cluster: ChildProcess;
  let told = '';

  beforeAll(async () => {
    const { consul, nats, contactPoints, postgresUrl, cluster: name, keyspace } = await sharedPlace();
    const [port, base] = [await freePorts(), await freePorts(PORTS)];
    const env = {
      ...{ PARLEY_CONSUL: consul, PARLEY_NATS: nats, PARLEY_CASSANDRA: contactPoints.join(',') },
      PARLEY_POSTGRES: postgresUrl,
    };
    const places = [`--port=${port}`, `--base-port=${base}`, `--cluster=${name}`, `--keyspace=${keyspace}`];
    cluster = spawn(process.execPath, [PROGRAM, ...COUNTS, ...places], { env: { ...process.env, ...env } });
    for (const stream of [cluster.stdout, cluster.stderr]) stream?.on('data', (text) => (told += String(text)));
    await until('the cluster is ready', () => told.includes('The cluster is ready: '), SETTLE);
  }, 120_000);
  afterAll(async () => {
    if (cluster.exitCode !== null) return;
    cluster.kill('SIGTERM');
    await once(cluster, 'exit');
  });

  /** The process numbers that it told of one of its processes, and where that is. */
  const processesOf = (name: string) =>
    [...told.matchAll(new RegExp(`${name} +(\\S+) +process (\\d+)`, 'g'))].map(([, address, id]) => ({
      address,
      id: Number(id),
    }));
  const isReady = (address = '') =>
    fetch(`http://${address}/v1/ready`).then(
      ({ ok }) => ok,
      () => false,
    );

  it('serves every metric that a panel of its dashboard shows', async () => {
    const portOf = (name: string): number => Number(processesOf(name)[0]?.address?.split(':')[1]);
    const ports = [portOf('node-1'), portOf('gateway-1') + METRICS_ABOVE, portOf('api-1') + METRICS_ABOVE];
    const served = await Promise.all(ports.map((port) => metricsServedAt(`127.0.0.1:${port}`)));
    const shown = dashboardMetrics(readFileSync(DASHBOARD, 'utf8'));
    expect(shown.length).toBeGreaterThan(15);
    expect(shown.filter((name) => !served.some((metrics) => metrics.has(name)))).toEqual([]);
  });

  it('starts what was killed again, says so, and goes on', async () => {
    const [node] = processesOf('node-1');
    process.kill(node?.id ?? 0, 'SIGKILL');
    await expect.poll(() => told, WITHIN).toMatch(/node-1 ended with SIGKILL.*started again in 5 s/);
    await expect.poll(() => processesOf('node-1').length, WITHIN).toBe(2);
    await expect.poll(() => isReady(node?.address), WITHIN).toBe(true);
    expect(cluster.exitCode).toBeNull();
  });

  it('ends all of them when it is told to stop', async () => {
    const [gateway, ...others] = processesOf('gateway-1');
    expect([others, await isReady(gateway?.address)]).toEqual([[], true]);
    cluster.kill('SIGTERM');
    const [code] = (await once(cluster, 'exit')) as [number | null];
    expect([code, told.includes('The cluster is stopping')]).toEqual([0, true]);
    await expect.poll(() => isReady(gateway?.address), WITHIN).toBe(false);
  });
});
