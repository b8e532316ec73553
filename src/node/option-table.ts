/** The options of a Parley process: one table, from which flags, environment, configuration file and help come (read-options.ts). */
import { CLUSTER_OPTIONS } from './cluster-options.js';
import { type OptionSpec, type Purpose, ROLES } from './option-spec.js';
import { PUSH_OPTIONS } from './push-options.js';

const LEVELS = ['debug', 'info', 'warn', 'error'];

/** Who listens for clients; the port of the others is for operators' tools, in plain HTTP. */
const FOR_CLIENTS: readonly Purpose[] = ['all', 'gateway', 'api'];
const OPERATIONS_PORT = 'port of health, readiness and metrics; 0 takes a free one';

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
    roles: FOR_CLIENTS,
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
