/** An API on fakes, and a client that speaks HTTP to its handler. */
import type { ActorClient, Waiter } from '../../cluster/actor-client.js';
import type { Clock } from '../../core/clock.js';
import { ParleyError, toParleyError } from '../../core/errors.js';
import type { HttpResponse } from '../../core/http.js';
import type { ActorId } from '../../core/ids.js';
import { silentLogger } from '../../core/logger.js';
import type { Membership, ProcessInfo, ProcessLoad } from '../../core/membership.js';
import { noMetrics } from '../../core/metrics.js';
import { seededRandom } from '../../core/random.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { PasswordHasher } from '../../directory/passwords/password-hasher.js';
import { RevokedDevices } from '../../directory/tokens/revocable-verifier.js';
import type { ActorAnswer, Notice, Question } from '../../protocol/bus-messages.js';
import { type Api, type ApiDeps, type ApiOptions, createApi } from '../api.js';
import { FakeDirectory } from './fake-directory.js';

export class FakeActors implements ActorClient {
  readonly asked: { readonly actor: ActorId; readonly question: Question }[] = [];
  readonly told: { readonly actor: ActorId; readonly notice: Notice }[] = [];
  /** What the next questions are answered with. */
  answer: ActorAnswer | ParleyError = { type: 'done', value: {} };

  async ask(actor: ActorId, question: Question): Promise<ActorAnswer> {
    this.asked.push({ actor, question });
    if (this.answer instanceof ParleyError) throw this.answer;
    return this.answer;
  }

  askFor(waiter: Waiter, actor: ActorId, question: Question): void {
    const refused = (thrown: unknown): void => waiter.refused(toParleyError(thrown));
    this.ask(actor, question).then((answer) => waiter.answered(answer), refused);
  }

  tell(actor: ActorId, notice: Notice): void {
    this.told.push({ actor, notice });
  }
}

class FakePasswords implements PasswordHasher {
  overloaded = false;
  async hash(password: string): Promise<string> {
    if (this.overloaded) throw new ParleyError('overloaded', { retryAfterMs: 1500 });
    return `hash of ${password}`;
  }
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    return (await this.hash(password)) === hash;
  }
  async close(): Promise<void> {}
}

export function gateway(name: string, load: Partial<ProcessLoad> = {}, zone = 'z'): ProcessInfo {
  const quiet = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 1_700_000_000_000 };
  return {
    incarnation: name,
    name,
    weight: 1,
    roles: ['gateway'],
    publicUrl: `ws://${name}`,
    zone,
    load: { ...quiet, ...load },
  };
}

export function membershipOf(processes: () => readonly ProcessInfo[]): Membership {
  return {
    join: async () => {},
    report: () => {},
    processes,
    onChange: () => () => {},
    leave: async () => {},
  };
}

interface Sent {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
}

/** An answer with its body read. */
export interface Received {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly body: Uint8Array;
  readonly text: string;
  readonly json: unknown;
  /** The error's name; '' when the answer is none. */
  readonly error: string;
}

export interface Harness {
  readonly api: Api;
  readonly clock: FakeClock;
  readonly actors: FakeActors;
  readonly passwords: FakePasswords;
  readonly directory: FakeDirectory;
  processes: readonly ProcessInfo[];
  notReady: string | undefined;
  /** `POST /v1/people`, say; a body that is no string or bytes is sent as JSON. */
  call(request: string, sent?: Sent): Promise<Received>;
  /** Signs up and returns the session's answer. */
  join(
    userId: string,
  ): Promise<{ readonly accessToken: string; readonly refreshToken: string; readonly deviceId: string }>;
}

const TOKEN_MS = 600_000;
export const DEFAULT_OPTIONS: ApiOptions = {
  zone: 'z',
  webFolder: undefined,
  tls: false,
  allowedOrigins: [],
  trustedProxies: [],
  version: '0.0.0',
  limits: {},
};

/** Tokens that say what they are: `token.alice.device.expiry`. */
function fakeTokens(clock: Clock) {
  return {
    signer: {
      sign(userId: string, deviceId: string, issuedAtMs = clock.now()) {
        const expiresAtMs = issuedAtMs + TOKEN_MS;
        return { token: `token.${userId}.${deviceId}.${expiresAtMs}`, expiresAtMs };
      },
    },
    verifier: {
      async verify(token: string) {
        const [kind, userId = '', deviceId = '', expiry] = token.split('.');
        if (kind !== 'token') throw new ParleyError('unauthenticated');
        if (clock.now() >= Number(expiry)) throw new ParleyError('token_expired');
        const expiresAtMs = Number(expiry);
        return { userId, deviceId, issuedAtMs: expiresAtMs - TOKEN_MS, expiresAtMs };
      },
    },
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function callApi(
  api: Api,
  request: string,
  { token, body, headers = {}, from = '127.0.0.1' }: Sent,
): Promise<Received> {
  const [method = '', url = ''] = request.split(' ');
  const typed: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const bearer: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const all = { host: 'chat.example', ...typed, ...bearer, ...headers };
  const answer = await api.handler({ method, url, headers: all, body: bytesOf(body), remoteAddress: from });
  const bytes = Buffer.from(answer.body);
  const text = bytes.toString('utf8');
  const json = parsed(text);
  const error = (json as { error?: { name?: string } } | undefined)?.error?.name ?? '';
  return { status: answer.status, headers: answer.headers, body: bytes, text, json, error };
}

/** What processes of one cluster share, and how they are joined. */
export interface Joined extends Pick<ApiDeps, 'revoked' | 'tellRevoked'> {
  readonly clock: FakeClock;
  readonly directory: FakeDirectory;
}

function alone(): Joined {
  const clock = new FakeClock();
  return { clock, directory: new FakeDirectory(clock), revoked: new RevokedDevices() };
}

export async function createHarness(options: Partial<ApiOptions> = {}, joined: Joined = alone()): Promise<Harness> {
  const { clock, directory } = joined;
  const actors = new FakeActors();
  const passwords = new FakePasswords();
  const state: Pick<Harness, 'processes' | 'notReady'> = { processes: [gateway('g1')], notReady: undefined };
  const api = await createApi({
    options: { ...DEFAULT_OPTIONS, ...options },
    ...joined,
    passwords,
    ...fakeTokens(clock),
    verifyingKeys: new Map(),
    actors,
    membership: membershipOf(() => state.processes),
    readiness: { notReady: () => state.notReady },
    random: seededRandom(1),
    logger: silentLogger,
    metrics: noMetrics,
  });
  const harness = {
    api,
    clock,
    actors,
    passwords,
    directory,
    call: (request: string, sent: Sent = {}) => callApi(api, request, sent),
    async join(userId: string) {
      const answer = await callApi(api, 'POST /v1/accounts', { body: { userId, password: `${userId}s password` } });
      return JSON.parse(answer.text);
    },
  };
  return Object.assign(state, harness);
}
