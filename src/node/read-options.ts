/** Reads the options once, checks and freezes them; nothing else looks at process.env. Makes their help, too. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { type OptionSpec, type Purpose, ROLES } from './option-spec.js';
import { OPTIONS, type Options, OptionsError } from './option-table.js';

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

/** Text that is empty by default means nothing, or what the description says. */
function shownDefault({ default: value }: OptionSpec): string {
  return value === '' ? '' : ` (default: ${String(value) || 'none'})`;
}

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
    program.option(`--${dashed(name)} <${spec.type}>`, `${describe(role, spec)}${shownDefault(spec)}`);
  }
  return program;
}

/** What no sentence repeats, since logs keep it: passwords, tokens, and the URL that may hold one. */
const SECRETS = /(Password|Token)$|^postgres$/;

function parse(role: Purpose, name: string, spec: OptionSpec, raw: unknown): unknown {
  const value = convert(spec.type, raw);
  const check = spec.check as ((value: unknown) => boolean) | undefined;
  if (value === undefined || check?.(value) === false) {
    const given = SECRETS.test(name) ? 'what was given' : JSON.stringify(raw);
    throw new OptionsError(`The option ${dashed(name)} cannot be ${given} (${describe(role, spec)}).`);
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

/** JSON.parse quotes what stands around the place, which may be a password. */
const withoutText = (message: string): string => message.replace(/, (\.\.\.)?".*(?= is not valid JSON$)/s, '');

function readFile(path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new OptionsError(
      `The configuration ${path} cannot be read: ${cause instanceof Error ? withoutText(cause.message) : cause}.`,
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
