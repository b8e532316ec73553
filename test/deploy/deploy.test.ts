// What deploy/ says of Parley, held against Parley: commands, options, ports, probes and the time that a stop takes.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { SERVER_FLAGS } from '../../scripts/server-flags.mjs';
import { operationsHandler } from '../../src/node/operations-handler.js';
import { serveOperations } from '../../src/node/operations-server.js';
import { ROLES, type Role } from '../../src/node/option-spec.js';
import { OPTIONS } from '../../src/node/option-table.js';
import { readOptions, serverCommand } from '../../src/node/read-options.js';
import { dockerfile, image } from './dockerfile.js';

const PROGRAM = '/opt/parley/dist/src/node/main.js';

/** How long a stop may take before the process ends all the same, seconds. */
const [, EMBEDDED_STOP, CLUSTER_STOP] = (
  /STOP_MAX_MS = \{ all: ([\d_]+), cluster: ([\d_]+) \}/.exec(readFileSync('src/node/main.ts', 'utf8')) ?? []
).map((text) => Number(text.replace('_', '')) / 1000);

const environmentNames = (role: Role): string[] =>
  serverCommand(role).options.map(({ long = '' }) => `PARLEY_${long.slice(2).replaceAll('-', '_').toUpperCase()}`);

describe('systemd', () => {
  const unit = (name: string): ReadonlyMap<string, string> =>
    new Map(
      readFileSync(join('deploy/systemd', name), 'utf8')
        .split('\n')
        .filter((line) => /^\w+=/.test(line))
        .map((line) => line.split(/=(.*)/, 2) as [string, string]),
    );

  it.each([
    ['parley.service', '', EMBEDDED_STOP],
    ['parley@.service', ' %i', CLUSTER_STOP],
  ] as const)('%s starts the server as `make run` does, and outwaits its stop', (name, role, stopSeconds) => {
    const settings = unit(name);
    expect(settings.get('ExecStart')).toBe(`/usr/bin/node ${SERVER_FLAGS.join(' ')} ${PROGRAM}${role}`);
    expect(Number(settings.get('TimeoutStopSec'))).toBeGreaterThan(stopSeconds ?? Number.POSITIVE_INFINITY);
    expect([settings.get('KillSignal'), settings.get('Restart')]).toEqual(['SIGTERM', 'on-failure']);
    const variables = [settings.get('Environment')?.split('=', 1)[0]].filter((one) => one !== undefined);
    expect(variables.filter((one) => !environmentNames('all').includes(one))).toEqual([]);
  });
});

describe('the image', () => {
  it('is made by instructions that exist, in two stages, of the Node.js that the package promises', () => {
    const known = 'FROM WORKDIR COPY RUN USER VOLUME ENV EXPOSE STOPSIGNAL ENTRYPOINT'.split(' ');
    expect(dockerfile().filter(({ name }) => !known.includes(name))).toEqual([]);
    const stages = dockerfile().filter(({ name }) => name === 'FROM');
    expect(stages.map(({ words }) => /^node:20-\S+-slim( AS \w+)?$/.test(words))).toEqual([true, true]);
  });

  it('starts the server as `make run` does, by options that there are', () => {
    const { entrypoint, environment } = image();
    expect(entrypoint).toEqual(['node', ...SERVER_FLAGS, PROGRAM]);
    expect(Object.keys(environment).filter((name) => !environmentNames('all').includes(name))).toEqual([]);
    const exposed = dockerfile().find(({ name }) => name === 'EXPOSE');
    expect(exposed?.words).toBe(String(OPTIONS.port.default));
  });
});

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly enableServiceLinks: boolean;
        readonly containers: readonly Container[];
        readonly volumes?: readonly {
          readonly secret?: { readonly items: readonly { readonly key: string; readonly path: string }[] };
        }[];
      };
    };
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[];
  };
}

describe('Kubernetes', () => {
  const folder = 'deploy/kubernetes';
  const resources = readdirSync(folder)
    .filter((name) => name !== 'kustomization.yaml')
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .map((document) => document.toJS({}) as Resource);
  const workloads = resources.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const podOf = (role: string) => {
    const found = workloads.find(({ metadata }) => metadata.name === `parley-${role}`);
    const pod = found?.spec.template.spec;
    const container = pod?.containers[0];
    if (pod === undefined || container === undefined) throw new Error(`there is no workload of the role ${role}`);
    return { pod, container };
  };
  const roles = ROLES.filter((role) => role !== 'all');

  it('has every file in its kustomization, and a workload of each role', () => {
    const { resources: listed } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as {
      resources: readonly string[];
    };
    expect(['kustomization.yaml', ...listed].sort()).toEqual(readdirSync(folder).sort());
    expect(workloads.map(({ metadata }) => metadata.name).sort()).toEqual(roles.map((role) => `parley-${role}`).sort());
  });

  it.each(roles)('starts %s with options that it knows, and outwaits its stop', (role) => {
    const { pod, container } = podOf(role);
    expect(container.args).toEqual([role]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(CLUSTER_STOP ?? Number.POSITIVE_INFINITY);
    // A Service `parley` would put PARLEY_PORT=tcp://… into the environment.
    expect(pod.enableServiceLinks).toBe(false);
    const unknown = container.env.filter(({ name }) => !environmentNames(role).includes(name));
    expect(unknown).toEqual([]);
    const values = Object.fromEntries(container.env.flatMap(({ name, value }) => (value ? [[name, value]] : [])));
    expect(readOptions([], values, role)).toBeDefined();
    const files = Object.values(values).filter((value) => value.startsWith('/etc/parley/'));
    const mounted = (pod.volumes ?? []).flatMap(
      ({ secret }) => secret?.items.map(({ path }) => `/etc/parley/${path}`) ?? [],
    );
    expect(files.sort()).toEqual(mounted.sort());
  });

  it('names servers by options that some role has, with values that they take', () => {
    const settings = resources.find(({ kind }) => kind === 'ConfigMap')?.data ?? {};
    const known = new Set(roles.flatMap(environmentNames));
    expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
    expect(readOptions([], settings, 'node')).toMatchObject({ replication: 3, cluster: 'parley' });
  });

  it.each(roles)('asks %s for its health and readiness where it answers', async (role) => {
    const { container } = podOf(role);
    const { startupProbe, readinessProbe, livenessProbe } = container;
    expect(container.ports).toEqual([{ name: 'http', containerPort: OPTIONS.port.default }]);
    expect([startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.port)).toEqual(
      Array(3).fill('http'),
    );
    const statuses = async (reason?: string): Promise<number[]> =>
      Promise.all([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => ask(role, httpGet.path, reason)));
    expect(await statuses()).toEqual([200, 200, 200]);
    expect(await statuses('draining')).toEqual([200, 200, 503]);
  });

  it('has its services at the port of the pods', () => {
    const services = resources.filter(({ kind }) => kind === 'Service');
    expect(services.map(({ spec }) => spec.ports)).toEqual(
      services.map(() => [{ name: 'http', port: OPTIONS.port.default, targetPort: 'http' }]),
    );
  });
});

/** What a process of this role answers on its port; that of an API is in src/api, under the same two paths. */
async function ask(role: Role, path: string, reason: string | undefined): Promise<number> {
  if (role === 'gateway' || role === 'api') {
    const request = { method: 'GET', url: path, headers: {}, body: undefined, address: '127.0.0.1' };
    return (await operationsHandler({ notReady: () => reason })(request as never)).status;
  }
  const metrics = { text: async () => '' } as never;
  const { server, port } = await serveOperations(metrics, { host: '127.0.0.1', port: 0 }, { notReady: () => reason });
  try {
    return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  } finally {
    server.close();
  }
}
