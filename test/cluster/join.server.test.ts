/** Processes that may not take part, and those that wait for what they need. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { launchNats } from '../../scripts/servers/nats.mjs';
import { newFolder, RealServer } from '../../scripts/servers/real-server.mjs';
import { createSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { temporaryFolder } from '../process/parley.js';
import { describeWith } from '../servers/requirement.js';
import type { ServerPlace } from '../servers/server-set.js';
import { sharedPlace } from '../servers/shared-place.js';
import { findServers, SERVERS_HINT } from './real-cluster.js';
import { RoleProcess } from './role-process.js';

const PATIENCE = { timeout: 30_000, interval: 50 };

describeWith('a process that joins', findServers(), SERVERS_HINT, (programs) => {
  const folder = temporaryFolder();
  const started: RoleProcess[] = [];
  let place: ServerPlace;
  let late: RealServer | undefined;

  beforeAll(async () => {
    place = await sharedPlace();
    createSigningKeyFile(join(folder.path, 'keys.json'));
  });
  afterAll(async () => {
    for (const one of started) await one.kill();
    await late?.remove();
    folder.remove();
  });

  async function gateway(
    cluster: string,
    bus = place.nats,
    more: readonly string[] = [],
  ): Promise<RoleProcess & { readonly operations: number }> {
    const port = await freePorts(2);
    const operations = port + 1;
    const args = ['--name', 'gateway', '--port', `${port}`, '--metrics-port', `${operations}`, '--cluster', cluster];
    const servers = ['--consul', place.consul, '--nats', bus, '--token-keys', join(folder.path, 'keys.json')];
    const one = new RoleProcess({
      name: 'gateway',
      role: 'gateway',
      port,
      args: [...args, ...servers, ...more],
      links: {},
    });
    started.push(one);
    one.spawn();
    return Object.assign(one, { operations });
  }

  it.each([
    ['another number of shards', { cluster: 'half', shardCount: 2_048 }, '2048 shards'],
    ['another cluster', { cluster: 'elsewhere', shardCount: 4_096 }, 'elsewhere'],
  ])('is refused where the registry is of %s, and ends with a sentence', async (_, identity, words) => {
    const key = `http://${place.consul}/v1/kv/parley/half/identity`;
    await fetch(key, { method: 'PUT', body: JSON.stringify(identity) });
    const one = await gateway('half');
    await expect.poll(() => one.runs, PATIENCE).toBe(false);
    expect(one.output).toContain(words);
  });

  async function node(cluster: string): Promise<RoleProcess> {
    const port = await freePorts();
    const registry = ['--consul', place.consul, '--nats', place.nats, '--nodes-min', '1'];
    const { contactPoints, keyspace, postgresUrl } = place;
    const messages = ['--cassandra', contactPoints.join(','), '--keyspace', keyspace, '--replication', '1'];
    const args = [
      '--name',
      `node-of-${cluster}`,
      '--port',
      `${port}`,
      '--cluster',
      cluster,
      ...registry,
      ...messages,
      '--postgres',
      postgresUrl,
    ];
    const one = new RoleProcess({ name: 'node', role: 'node', port, args, links: {} });
    started.push(one);
    one.spawn();
    return one;
  }

  it('is refused where the messages are those of another cluster, says so, and leaves its nodes alone', async () => {
    const first = await node('first');
    await first.untilReady();
    const second = await node('second');
    let wasReady = false;
    await expect
      .poll(async () => {
        wasReady ||= await second.isReady();
        return second.exitCode;
      }, PATIENCE)
      .toBe(1);
    expect(second.output).toContain(`The keyspace ${place.keyspace} is of the cluster first with 4096 shards`);
    expect([wasReady, await first.isReady(), await first.metric('parley_shards_owned')]).toEqual([false, true, 4_096]);
  });

  it('waits for a bus that cannot be reached, is not ready meanwhile, says so once, logs in and goes on by itself', async () => {
    const port = await freePorts();
    const one = await gateway('late', `127.0.0.1:${port}`, ['--nats-user', 'chat', '--nats-password', 'secret']);
    const ready = () =>
      fetch(`http://127.0.0.1:${one.operations}/v1/ready`).then(
        async (answer) => [answer.status, await answer.text()] as const,
        () => [0, ''] as const,
      );
    await expect.poll(async () => (await ready())[1], PATIENCE).toContain('NATS');
    expect((await ready())[0]).toBe(503);
    await expect.poll(() => one.output, PATIENCE).toContain('NATS cannot be reached');
    expect(one.output.split('NATS cannot be reached')).toHaveLength(2);
    const bus = newFolder('nats');
    late = new RealServer(
      bus,
      launchNats({ program: programs.nats, port, folder: bus, flags: ['--user', 'chat', '--pass', 'secret'] }),
    );
    await late.start();
    await expect.poll(async () => (await ready())[0], PATIENCE).toBe(200);
  });
});
