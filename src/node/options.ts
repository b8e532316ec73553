/**
 * The options of a Parley process: one table, from which flags, environment, configuration file and help come. Read
 * once, checked, frozen and passed on; nothing else looks at process.env.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';

interface OptionSpec {
  readonly type: 'text' | 'number' | 'list' | 'flag';
  readonly default: string | number | boolean | readonly string[];
  readonly description: string;
  readonly check?: (value: never) => boolean;
}

const LEVELS = ['debug', 'info', 'warn', 'error'];

export const OPTIONS = {
  host: { type: 'text', default: '127.0.0.1', description: 'address to listen on' },
  port: {
    type: 'number',
    default: 8080,
    description: 'port of the page, the API and the WebSocket; 0 takes a free one',
    check: (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535,
  },
  data: { type: 'text', default: './data', description: 'folder that keeps everything; made when it is not there' },
  publicUrl: {
    type: 'text',
    default: '',
    description: 'WebSocket URL that clients are told, when it is another than the one they asked at',
  },
  zone: {
    type: 'text',
    default: '',
    description: 'where this process runs: clients are sent to gateways of their zone first',
  },
  tlsCert: { type: 'text', default: '', description: 'certificate chain, a PEM file; with tls-key: serve TLS' },
  tlsKey: { type: 'text', default: '', description: 'private key, a PEM file' },
  allowedOrigins: {
    type: 'list',
    default: [],
    description: 'further origins whose pages may connect, separated by commas',
  },
  trustedProxies: { type: 'list', default: [], description: 'addresses of proxies whose X-Forwarded-For is believed' },
  drainSeconds: {
    type: 'number',
    default: 4,
    description: 'time for clients to move away at a stop',
    check: (seconds: number) => seconds >= 0 && seconds <= 600,
  },
  metricsPort: {
    type: 'number',
    default: 0,
    description: 'port on the loopback interface that serves Prometheus metrics at /metrics; 0 serves none',
    check: (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535,
  },
  logLevel: {
    type: 'text',
    default: 'warn',
    description: `least level that is logged: ${LEVELS.join(', ')}`,
    check: (level: string) => LEVELS.includes(level),
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

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const environmentName = (name: string): string => `PARLEY_${dashed(name).replaceAll('-', '_').toUpperCase()}`;

function command(): Command {
  const program = new Command('parley')
    .description('The whole of Parley in one process: page, API, gateway, actors and stores.')
    .option('--config <file>', 'JSON file with options by their names')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', '\nEach option is read from the environment, too: --log-level is PARLEY_LOG_LEVEL.');
  for (const [name, spec] of Object.entries(OPTIONS)) {
    const shown = Array.isArray(spec.default) ? 'none' : String(spec.default) || 'none';
    program.option(`--${dashed(name)} <${spec.type}>`, `${spec.description} (default: ${shown})`);
  }
  return program;
}

function parse(name: string, spec: OptionSpec, raw: unknown): unknown {
  const value = convert(spec.type, raw);
  const check = spec.check as ((value: unknown) => boolean) | undefined;
  if (value === undefined || check?.(value) === false) {
    throw new OptionsError(
      `The option ${dashed(name)} cannot be ${JSON.stringify(raw)}: it is the ${spec.description}.`,
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

/**
 * Options from flags, then environment, then file, then defaults. Undefined when only help was asked for (and printed).
 * Throws OptionsError.
 */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): Options | undefined {
  const program = command();
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new OptionsError(error instanceof Error ? error.message.replace(/^error: /, '') : String(error));
  }
  const flags: Record<string, unknown> = program.opts();
  const configFile = flags.config ?? environment.PARLEY_CONFIG;
  const file = typeof configFile === 'string' ? readFile(configFile) : {};
  const entries = Object.entries(OPTIONS).map(([name, spec]): [string, unknown] => {
    const raw = flags[name] ?? environment[environmentName(name)] ?? file[name] ?? spec.default;
    return [name, parse(name, spec, raw)];
  });
  return Object.freeze(Object.fromEntries(entries)) as unknown as Options;
}
