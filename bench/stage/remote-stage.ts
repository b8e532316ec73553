/** A server or cluster that runs already, wherever it is. */
import { spawn } from 'node:child_process';
import { systemClock } from '../../src/core/clock.js';
import { LIMITS } from '../../src/core/limits.js';
import { createPasswordHasher } from '../../src/directory/passwords/argon2-password-hasher.js';
import { openPostgresDirectory } from '../../src/directory/postgres/postgres-directory.js';
import { createAccessTokenSigner } from '../../src/directory/tokens/access-tokens.js';
import { loadSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { addressOf, benchUserId } from '../load/generator/crowd.js';
import { pause } from '../load/generator/pace.js';
import { BENCH_PASSWORD, postJson } from '../load/generator/requests.js';
import type { Victim } from '../load/scenario/scenario.js';
import { metricIn } from '../run/metric.js';
import { Processors } from './processors.js';
import { signUpAll } from './sign-ups.js';
import type { Stage } from './stage.js';

const DEVICE = 'bench';
const TOKEN_LIFETIME_MS = 3 * 3600 * 1000;
/** How long a target may take to have a gateway that takes sessions. */
const GATEWAY_WITHIN_MS = 30_000;
/** For the metrics of a process. */
const ANSWER_MS = 2_000;
const LOOK_AGAIN_MS = 500;
/** Of sign-ups from one address, below what the API allows at once. */
const SIGN_UPS_PER_ADDRESS = 40;
/** More addresses are on one loopback interface than anybody needs. */
const USERS_PER_ADDRESS = 200;

export interface RemoteOptions {
  readonly url: string;
  readonly users: number;
  /** Both: accounts are written to the database in bulk and tokens are signed here; else people sign up over HTTP. */
  readonly postgres: string | undefined;
  readonly tokenKeys: string | undefined;
  /** `/metrics` of all server processes. */
  readonly metrics: readonly string[];
  /** What to run for an incident: `kill node`, `drain gateway` … → a shell command that ends when all is well again. */
  readonly commands: ReadonlyMap<string, string>;
  readonly say: (sentence: string) => void;
}

/** Makes the accounts, under names that no earlier run had, and asks where to connect. */
export async function remoteStage(options: RemoteOptions): Promise<Stage> {
  const { metrics, commands } = options;
  const url = new URL(options.url);
  const api = { host: url.hostname, port: Number(url.port || 80), path: '/v1/connect' };
  const prefix = `load${Date.now().toString(36)}x`;
  const userId = (user: number): string => benchUserId(user, prefix);
  const tokens = await accounts(options, api, userId);
  const places = await someGateways(url, tokens[0] ?? '');
  const act = async (what: string): Promise<void> => {
    const command = commands.get(what);
    if (command === undefined) throw new Error(`nobody told how to: name it with --on "${what}=command"`);
    await shell(command);
  };
  const processors = new Processors(metrics, cpuSecondsAt);
  return {
    description: `${options.url}, which ran already, over ${places.length} gateway addresses`,
    target: { type: 'parley', ...api, places, tokens, prefix },
    api,
    userId,
    notMeasured: [
      metrics.length > 0
        ? `processor time and memory of what --metrics does not name: store, bus and proxies, and Parley's processes but ${metrics.length}`
        : "the servers' processor time and memory: name their --metrics",
      'what lies between this generator and the target, by itself: it is part of every latency',
    ],
    processorSeconds: async () => (metrics.length === 0 ? undefined : processors.spentSeconds()),
    residentMib: async () => {
      const bytes = await sumOf(metrics, 'process_resident_memory_bytes');
      return bytes === undefined ? undefined : bytes / 2 ** 20;
    },
    endedByItself: () => undefined,
    kill: (what: Victim) => act(`kill ${what}`),
    drain: (what: Victim) => act(`drain ${what}`),
    async pause(what, forSeconds) {
      await act(`pause ${what}`);
      await pause(forSeconds * 1000);
      await act(`resume ${what}`);
    },
    stop: async () => {},
  };
}

async function accounts(
  { users, postgres, tokenKeys, say }: RemoteOptions,
  api: { readonly host: string; readonly port: number },
  userId: (user: number) => string,
): Promise<string[]> {
  const ids = Array.from({ length: users }, (_, user) => userId(user));
  if (postgres !== undefined && tokenKeys !== undefined) return bulk(ids, postgres, tokenKeys);
  const signUp = async (user: number): Promise<string> => {
    const fromAddress = addressOf(Math.floor(user / SIGN_UPS_PER_ADDRESS) * USERS_PER_ADDRESS);
    const body = { userId: ids[user], password: BENCH_PASSWORD, deviceName: DEVICE };
    const answer = (await postJson(api, fromAddress, '/v1/accounts', body)) as { accessToken: string };
    return answer.accessToken;
  };
  return signUpAll(users, signUp, say);
}

async function bulk(ids: readonly string[], postgres: string, tokenKeys: string): Promise<string[]> {
  const directory = await openPostgresDirectory({ url: postgres });
  const hasher = createPasswordHasher();
  try {
    const passwordHash = await hasher.hash(BENCH_PASSWORD);
    const rows = ids.map((userId) => ({ userId, passwordHash }));
    for (let from = 0; from < rows.length; from += LIMITS.bulkAccountsMax)
      await directory.accounts.createMany(rows.slice(from, from + LIMITS.bulkAccountsMax));
  } finally {
    await Promise.all([directory.close(), hasher.close()]);
  }
  const signer = createAccessTokenSigner(loadSigningKeyFile(tokenKeys), systemClock, TOKEN_LIFETIME_MS);
  return ids.map((userId) => signer.sign(userId, DEVICE).token);
}

async function someGateways(url: URL, token: string): ReturnType<typeof gatewaysOf> {
  for (const end = Date.now() + GATEWAY_WITHIN_MS; ; await pause(LOOK_AGAIN_MS)) {
    const places = await gatewaysOf(url, token);
    if (places.length > 0) return places;
    if (Date.now() > end) throw new Error(`${url.href} names no gateway that takes sessions`);
  }
}

async function gatewaysOf(url: URL, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(GATEWAY_WITHIN_MS);
  const answer = await fetch(new URL('/v1/gateways', url), { headers, signal });
  if (!answer.ok) throw new Error(`${url.href} does not tell its gateways: ${answer.status} ${await answer.text()}`);
  const { gateways } = (await answer.json()) as { gateways: readonly string[] };
  return gateways.map((gateway) => {
    const { protocol, hostname, port, pathname } = new URL(gateway);
    if (protocol !== 'ws:') throw new Error('the load speaks no TLS: give it an address behind whatever ends it');
    return { host: hostname, port: Number(port || 80), path: pathname };
  });
}

async function sumOf(metrics: readonly string[], name: string): Promise<number | undefined> {
  if (metrics.length === 0) return undefined;
  const texts = await Promise.all(
    metrics.map((address) =>
      fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) })
        .then((answer) => answer.text())
        .catch(() => ''),
    ),
  );
  return texts.reduce((sum, text) => sum + metricIn(text, name), 0);
}

async function cpuSecondsAt(address: string): Promise<number | undefined> {
  const text = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) })
    .then((answer) => (answer.ok ? answer.text() : ''))
    .catch(() => '');
  return text === '' ? undefined : metricIn(text, 'process_cpu_seconds_total');
}

function shell(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}
