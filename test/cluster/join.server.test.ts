/** Processes that may not take part, and those that wait for what they need. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { launchNats } from '../../scripts/servers/nats.mjs';
import { createSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { temporaryFolder } from '../process/parley.js';
import { CONSUL_HINT, ConsulServer, findConsul } from '../servers/consul-server.js';
import { findNatsServer, NATS_HINT, NatsServer } from '../servers/nats-server.js';
import { newFolder, RealServer } from '../servers/real-server.js';
import { describeWith } from '../servers/requirement.js';
import { RoleProcess } from './role-process.js';

const PATIENCE = { timeout: 30_000, interval: 50 };

const [consulProgram, natsProgram] = [findConsul(), findNatsServer()];
const found =
  consulProgram === undefined || natsProgram === undefined ? undefined : { consul: consulProgram, nats: natsProgram };

describeWith('a process that joins', found, `${CONSUL_HINT} ${NATS_HINT}`, (programs) => {
  const folder = temporaryFolder();
  const started: RoleProcess[] = [];
  let consul: ConsulServer;
  let nats: NatsServer;
  let late: RealServer | undefined;

  beforeAll(async () => {
    [consul, nats] = await Promise.all([ConsulServer.start(programs.consul), NatsServer.start(programs.nats)]);
    createSigningKeyFile(join(folder.path, 'keys.json'));
  });
  afterAll(async () => {
    for (const one of started) await one.kill();
    await Promise.all([consul?.remove(), nats?.remove(), late?.remove()]);
    folder.remove();
  });

  async function gateway(cluster: string, bus = nats.address): Promise<RoleProcess & { readonly operations: number }> {
    const port = await freePorts(2);
    const operations = port + 1;
    const args = ['--name', 'gateway', '--port', `${port}`, '--metrics-port', `${operations}`, '--cluster', cluster];
    const servers = ['--consul', consul.address, '--nats', bus, '--token-keys', join(folder.path, 'keys.json')];
    const one = new RoleProcess({ name: 'gateway', role: 'gateway', port, args: [...args, ...servers], links: {} });
    started.push(one);
    one.spawn();
    return Object.assign(one, { operations });
  }

  it.each([
    ['another number of shards', { cluster: 'half', shardCount: 2_048 }, '2048 shards'],
    ['another cluster', { cluster: 'elsewhere', shardCount: 4_096 }, 'elsewhere'],
  ])('is refused where the registry is of %s, and ends with a sentence', async (_, identity, words) => {
    const key = `http://${consul.address}/v1/kv/parley/half/identity`;
    await fetch(key, { method: 'PUT', body: JSON.stringify(identity) });
    const one = await gateway('half');
    await expect.poll(() => one.runs, PATIENCE).toBe(false);
    expect(one.output).toContain(words);
  });

  it('waits for a bus that cannot be reached, is not ready meanwhile, says so once, and goes on by itself', async () => {
    const port = await freePorts();
    const one = await gateway('late', `127.0.0.1:${port}`);
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
    late = new RealServer(bus, launchNats({ program: programs.nats, port, folder: bus }));
    await late.start();
    await expect.poll(async () => (await ready())[0], PATIENCE).toBe(200);
  });
});
