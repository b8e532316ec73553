import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { CASSANDRA_NODES, imageOf } from '../../scripts/servers/compose.mjs';
import { launchHaproxyContainer } from '../../scripts/servers/haproxy.mjs';
import { pinnedFile } from '../../scripts/servers/repository.mjs';

interface Service {
  readonly image: string;
  readonly entrypoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly networks: { readonly parley: { readonly ipv4_address: string } };
}

const file = readFileSync(new URL('../../deploy/compose.yaml', import.meta.url), 'utf8');
const services: Readonly<Record<string, Service>> = parse(file, { merge: true }).services;
const template = pinnedFile('cassandra', 'cassandra.yaml');

function service(name: string): Service {
  const found = services[name];
  if (found === undefined) throw new Error(`deploy/compose.yaml has no ${name}`);
  return found;
}

/** What a container of Cassandra reads, as its entry point writes it. */
function configurationOf({ entrypoint, environment }: Service): string {
  const [shell = '', flag = '', script = ''] = entrypoint;
  const [fill = ''] = script.replaceAll('$$', '$').replace('/parley/cassandra.yaml', template).split(' > ');
  const { ADDRESS = '', TOKEN = '' } = environment;
  const env = {
    PATH: process.env.PATH,
    ADDRESS,
    TOKEN,
    SEEDS: CASSANDRA_NODES.map((node) => `${node}:7000`).join(','),
  };
  return execFileSync(shell, [flag, fill], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

it.each(['cassandra', 'cassandra-2', 'cassandra-3'])('%s fills in all of the native configuration', (name) => {
  const filled = configurationOf(service(name));
  expect(filled).not.toMatch(/\$\{\w+\}/);
  const { ADDRESS, TOKEN } = service(name).environment;
  expect(parse(filled)).toMatchObject({
    initial_token: TOKEN,
    listen_address: ADDRESS,
    rpc_address: ADDRESS,
    storage_port: 7000,
    native_transport_port: 9042,
    commitlog_directory: '/var/lib/cassandra/commitlog',
  });
  expect(ADDRESS).toBe(service(name).networks.parley.ipv4_address);
});

it('names the versions that the native servers have', () => {
  for (const [name, image] of [
    ['cassandra', 'cassandra:'],
    ['consul', 'hashicorp/consul:'],
    ['nats', 'nats:'],
  ] as const) {
    const source = readFileSync(new URL(`../../scripts/servers/${name}.mjs`, import.meta.url), 'utf8');
    const [, version] = /^const VERSION = '(.+)';$/m.exec(source) ?? [];
    expect(service(name).image).toBe(`${image}${version}`);
  }
});

it("runs HAProxy's image of deploy/compose.yaml with the configuration that is written for the cluster", () => {
  expect(imageOf('haproxy')).toBe(service('haproxy').image);
  const { program, args } = launchHaproxyContainer({ folder: '/f', address: '127.0.0.1:1', apis: [], gateways: [] });
  expect(program).toBe('docker');
  expect(args).toContain('/f/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro');
  expect(args.at(-1)).toBe(imageOf('haproxy'));
});
