/**
 * The options of a Parley process: one table, from which flags, environment, configuration file and help come. Read
 * once, checked, frozen and passed on; nothing else looks at process.env.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ACCESS_OPTIONS } from './access-options.js';
import { PUSH_OPTIONS } from './push-options.js';
import { CLUSTER_ROLES } from './server-commands.js';

/** What a process does: `all` is the embedded form; the others make a cluster. */
export const ROLES = ['all', ...CLUSTER_ROLES] as const;
export type Role = (typeof ROLES)[number];
/** What options are read for: a role, or a command that ends by itself. */
export type Purpose = Role | 'migrate' | 'reindex';

interface OptionSpec {
  readonly type: 'text' | 'number' | 'list' | 'flag';
  readonly default: string | number | boolean | readonly string[];
  readonly description: string;
  /** Of roles where it is something else. */
  readonly descriptionOf?: Partial<Readonly<Record<Purpose, string>>>;
  /** Who knows it; every role where not said. */
  readonly roles?: readonly Purpose[];
  readonly check?: (value: never) => boolean;
}

const LEVELS = ['debug', 'info', 'warn', 'error'];

const CLUSTER: readonly Purpose[] = CLUSTER_ROLES;
/** Who listens for clients; the port of the others is for operators' tools, in plain HTTP. */
const FOR_CLIENTS: readonly Purpose[] = ['all', 'gateway', 'api'];
const OPERATIONS_PORT = 'port of health, readiness and metrics; 0 takes a free one';

/** Where the servers of a cluster are, and who this process is in it. */
const CLUSTER_OPTIONS = {
  cluster: {
    type: 'text',
    default: 'parley',
    description: 'name of the cluster: letters, digits, dashes; those of different names do not see each other',
    roles: CLUSTER,
  },
  name: {
    type: 'text',
    default: '',
    description: 'name of this process, the same after a restart; made from role, host and port when it is not given',
    roles: CLUSTER,
  },
  consul: { type: 'text', default: '127.0.0.1:8500', description: "address of Consul's agent", roles: CLUSTER },
  consulToken: { type: 'text', default: '', description: 'token for Consul', roles: CLUSTER },
  nats: { type: 'list', default: ['127.0.0.1:4222'], description: 'addresses of NATS', roles: CLUSTER },
  postgres: {
    type: 'text',
    default: 'postgres://parley@127.0.0.1:5432/parley',
    description: 'URL of the database of accounts',
    roles: ['node', 'api', 'push', 'admin', 'migrate'],
  },
  cassandra: {
    type: 'list',
    default: ['127.0.0.1:9042'],
    description: 'contact points of Cassandra',
    roles: ['node', 'migrate'],
  },
  cassandraDatacenter: {
    type: 'text',
    default: 'datacenter1',
    description: "Cassandra's local data centre",
    roles: ['node', 'migrate'],
  },
  keyspace: {
    type: 'text',
    default: 'parley',
    description: 'keyspace of the messages, made when missing',
    roles: ['node', 'migrate'],
  },
  replication: {
    type: 'number',
    default: 3,
    description: 'copies of each row, when the keyspace is made',
    check: (copies: number) => Number.isInteger(copies) && copies >= 1 && copies <= 9,
    roles: ['node', 'migrate'],
  },
  weight: {
    type: 'number',
    default: 1,
    description: 'share of the actors beside other nodes; 0 takes none',
    check: (weight: number) => weight >= 0 && weight <= 1_000,
    roles: ['node'],
  },
  nodesMin: {
    type: 'number',
    default: 1,
    description: 'nodes that must be there before actors are placed for the first time',
    check: (nodes: number) => Number.isInteger(nodes) && nodes >= 1 && nodes <= 256,
    roles: ['node'],
  },
  tokenKeys: {
    type: 'text',
    default: './token-keys.json',
    description: 'file with the keys of access tokens, made by `parley keys`; gateways need the public ones only',
    roles: ['gateway', 'api'],
  },
} as const satisfies Record<string, OptionSpec>;

export const OPTIONS = {
  host: { type: 'text', default: '127.0.0.1', description: 'address to listen on' },
  port: {
    type: 'number',
    default: 8080,
    description: 'port of the page, the API and the WebSocket; 0 takes a free one',
    descriptionOf: {
      gateway: 'port of WebSockets, requests, polls and streams; 0 takes a free one',
      api: 'port of the page and the API; 0 takes a free one',
      ...{ node: OPERATIONS_PORT, push: OPERATIONS_PORT, admin: OPERATIONS_PORT },
    },
    check: (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535,
  },
  data: {
    type: 'text',
    default: './data',
    description: 'folder that keeps everything; made when it is not there',
    roles: ['all', 'migrate', 'reindex'],
  },
  publicUrl: {
    type: 'text',
    default: '',
    description: 'WebSocket URL that clients are told, when it is another than the one they asked at',
    descriptionOf: {
      gateway: 'WebSocket URL that clients are told; of its host and port when it is not given',
      api: "the page's address, https://…, where a proxy ends TLS",
    },
    roles: FOR_CLIENTS,
  },
  zone: {
    type: 'text',
    default: '',
    description: 'where this process runs: clients are sent to gateways of their zone first',
  },
  tlsCert: {
    type: 'text',
    default: '',
    description: 'certificate chain, a PEM file; with tls-key: serve TLS',
    roles: FOR_CLIENTS,
  },
  tlsKey: { type: 'text', default: '', description: 'private key, a PEM file', roles: FOR_CLIENTS },
  allowedOrigins: {
    type: 'list',
    default: [],
    description: 'further origins whose pages may connect, separated by commas',
    roles: FOR_CLIENTS,
  },
  trustedProxies: {
    type: 'list',
    default: [],
    description: 'addresses of proxies whose X-Forwarded-For is believed',
    roles: FOR_CLIENTS,
  },
  drainSeconds: {
    type: 'number',
    default: 4,
    description: 'time for clients to move away at a stop',
    check: (seconds: number) => seconds >= 0 && seconds <= 600,
    roles: ['all', 'gateway'],
  },
  metricsPort: {
    type: 'number',
    default: 0,
    description: 'port on the loopback interface that serves /metrics, /v1/health and /v1/ready; 0 serves none',
    check: (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535,
  },
  adminAddress: {
    type: 'text',
    default: '',
    description:
      'host:port of the gRPC API for operators, or `off`; 127.0.0.1:9090 when it is not given, or a free port where that is taken',
    roles: ['all', 'admin'],
  },
  adminTokens: {
    type: 'text',
    default: '',
    description:
      "file with the operators' tokens, made by `parley token`; admin-tokens.json in the data folder when it is not given",
    descriptionOf: {
      admin: "file with the operators' tokens, made by `parley token`; ./admin-tokens.json when it is not given",
    },
    roles: ['all', 'admin'],
  },
  adminTlsCert: {
    type: 'text',
    default: '',
    description: 'certificate chain of that API, a PEM file',
    roles: ['all', 'admin'],
  },
  adminTlsKey: { type: 'text', default: '', description: 'its private key, a PEM file', roles: ['all', 'admin'] },
  adminClientCa: {
    type: 'text',
    default: '',
    description: 'authority that signs certificates of operators, a PEM file: common name = who, unit = role',
    roles: ['all', 'admin'],
  },
  traceSample: {
    type: 'number',
    default: 0.001,
    description:
      'share of requests that are traced, 0 to 1; above 0 also the first message of each second; at 0 only what clients ask for',
    check: (share: number) => share >= 0 && share <= 1,
    roles: ['all', 'gateway', 'api'],
  },
  otlpEndpoint: {
    type: 'text',
    default: '',
    description: 'URL of an OpenTelemetry collector that takes traces by OTLP over HTTP, such as http://127.0.0.1:4318',
    roles: ['all', 'gateway', 'node', 'api'],
  },
  ...CLUSTER_OPTIONS,
  ...ACCESS_OPTIONS,
  ...PUSH_OPTIONS,
  logLevel: {
    type: 'text',
    default: 'warn',
    description: `least level that is logged: ${LEVELS.join(', ')}`,
    check: (level: string) => LEVELS.includes(level),
    roles: [...ROLES, 'migrate'],
  },
} as const satisfies Record<string, OptionSpec>;

type Key = keyof typeof OPTIONS;
interface Values {
  text: string;
  number: number;
  list: readonly string[];
  flag: boolean;
}
export type Options = { readonly [Name in Key]: Values[(typeof OPTIONS)[Name]['type']] };

/** A wrong option; its message is one sentence for whoever starts the process. */
export class OptionsError extends Error {}

const knows = (purpose: Purpose, { roles = ROLES }: OptionSpec): boolean => roles.includes(purpose);
const describe = (purpose: Purpose, { description, descriptionOf }: OptionSpec): string =>
  descriptionOf?.[purpose] ?? description;
const commandOf = (purpose: Purpose): string => (purpose === 'all' ? 'parley' : `parley ${purpose}`);
const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const environmentName = (name: string): string => `PARLEY_${dashed(name).replaceAll('-', '_').toUpperCase()}`;

const DESCRIPTIONS: Readonly<Record<Purpose, string>> = {
  migrate:
    'Moves a data folder, of which no process runs, into the stores of a cluster. May be run again until it is done.',
  reindex:
    'Has the search indexes of a data folder, of which no process runs, built anew; `parley reindex node` those of a cluster.',
  all: 'The whole of Parley in one process: page, API, gateway, actors and stores.',
  gateway: "A cluster's gateway: WebSockets, requests by POST, polls and event streams of clients.",
  node: "A cluster's node: owns users and channels, and keeps their messages.",
  push: "A cluster's push role: tells devices that are away, by Web Push, FCM, APNs and webhooks.",
  admin: "A cluster's gRPC API for operators; its port serves health, readiness and metrics.",
  api: "A cluster's HTTP API and web page: sign-up, login, profiles, friends, discovery.",
};
const OTHER_COMMANDS = `
Commands:
  parley gateway|node|api|push|admin  one process of a cluster; each with its own --help
  parley status             and more for operators: parley status --help, docs/OPERATIONS.md
  parley migrate            moves a data folder into a cluster; with its own --help
  parley reindex            has the search indexes of a stopped data folder built anew
  parley reindex node       has those of a cluster built anew, by the options of its nodes
  parley keys FILE          makes a file with a new key for access tokens
  parley keys FILE --public prints its public keys
  parley vapid FILE         makes a file with new keys for Web Push`;

/** What reads the options of a purpose from arguments, and has its help. */
export function serverCommand(role: Purpose): Command {
  const known = Object.entries(OPTIONS).filter(([, spec]) => knows(role, spec));
  const [example = ''] = known.at(-1) ?? [];
  const program = new Command(commandOf(role))
    .description(DESCRIPTIONS[role])
    .option('--config <file>', 'JSON file with options by their names')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText(
      'after',
      `\nEach option is read from the environment, too: --${dashed(example)} is ${environmentName(example)}.`,
    );
  if (role === 'all') program.addHelpText('after', OTHER_COMMANDS);
  for (const [name, spec] of known) {
    const shown = String(spec.default) || 'none';
    program.option(`--${dashed(name)} <${spec.type}>`, `${describe(role, spec)} (default: ${shown})`);
  }
  return program;
}

function parse(role: Purpose, name: string, spec: OptionSpec, raw: unknown): unknown {
  const value = convert(spec.type, raw);
  const check = spec.check as ((value: unknown) => boolean) | undefined;
  if (value === undefined || check?.(value) === false) {
    throw new OptionsError(
      `The option ${dashed(name)} cannot be ${JSON.stringify(raw)}: it is the ${describe(role, spec)}.`,
    );
  }
  return value;
}

function convert(type: OptionSpec['type'], raw: unknown): unknown {
  switch (type) {
    case 'text':
      return typeof raw === 'string' ? raw : undefined;
    case 'number': {
      const number = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
      return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
    }
    case 'list':
      if (Array.isArray(raw)) return raw.every((item) => typeof item === 'string') ? raw : undefined;
      return typeof raw === 'string' ? raw.split(',').flatMap((item) => item.trim() || []) : undefined;
    case 'flag':
      return raw === true || raw === 'true' ? true : raw === false || raw === 'false' ? false : undefined;
    default:
      return type satisfies never;
  }
}

function readFile(path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new OptionsError(
      `The configuration ${path} cannot be read: ${cause instanceof Error ? cause.message : cause}.`,
    );
  }
  if (typeof parsed !== 'object' || parsed === null)
    throw new OptionsError(`The configuration ${path} is no JSON object.`);
  const unknown = Object.keys(parsed).find((name) => !(name in OPTIONS));
  if (unknown !== undefined) throw new OptionsError(`The configuration ${path} has an unknown option: ${unknown}.`);
  return { ...parsed };
}

/** What is wrong with the flags; commander would propose another one for a flag that is of other roles. */
function sentenceOf(error: unknown, args: readonly string[], role: Purpose): string {
  const given = new Set(args.map((word) => word.split('=', 1)[0]));
  const others = Object.entries(OPTIONS).find(([name, spec]) => !knows(role, spec) && given.has(`--${dashed(name)}`));
  if (others !== undefined) return `\`${commandOf(role)}\` has no use for --${dashed(others[0])}: see its --help.`;
  return error instanceof Error ? error.message.replace(/^error: /, '') : String(error);
}

/**
 * Options from flags, then environment, then file, then defaults. A flag that the role has no use for is refused; in environment
 * and file, which processes of several roles may share, it is passed over. Undefined when only help was asked for (and printed).
 * Throws OptionsError.
 */
export function readOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  role: Purpose = 'all',
): Options | undefined {
  const program = serverCommand(role);
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new OptionsError(sentenceOf(error, args, role));
  }
  const flags: Record<string, unknown> = program.opts();
  const configFile = flags.config ?? environment.PARLEY_CONFIG;
  const file = typeof configFile === 'string' ? readFile(configFile) : {};
  const entries = Object.entries(OPTIONS).map(([name, spec]): [string, unknown] => {
    const raw = knows(role, spec) ? (flags[name] ?? environment[environmentName(name)] ?? file[name]) : undefined;
    return [name, parse(role, name, spec, raw ?? spec.default)];
  });
  return Object.freeze(Object.fromEntries(entries)) as unknown as Options;
}
