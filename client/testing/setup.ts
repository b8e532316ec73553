import { ParleyClient } from '../client.js';
import type { ParleyClientOptions } from '../options.js';
import type { AuthSession, ChannelEvent, ConnectionState } from '../types.js';
import { FakeClock, fixedRandom, settle } from './fake-clock.js';
import { ScriptedGateway, type ScriptedSocket } from './scripted-gateway.js';

export function sessionOf(userId: string, clock: FakeClock, change: Partial<AuthSession> = {}): AuthSession {
  return {
    userId,
    deviceId: 'device-1',
    accessToken: 'token-1',
    accessTokenExpiresAt: new Date(clock.now() + 3_600_000),
    refreshToken: undefined,
    gateways: ['ws://one', 'ws://two'],
    ...change,
  };
}

export interface Setup {
  readonly clock: FakeClock;
  readonly gateway: ScriptedGateway;
  readonly client: ParleyClient;
  /** What the application was handed: `channel#seq text`. */
  readonly seen: string[];
  readonly states: ConnectionState[];
  readonly problems: unknown[];
}

const shown = (event: ChannelEvent): string =>
  `${event.channelId}#${event.seq} ${event.type === 'message' ? event.text : event.type}`;

/** A client of alice's with a fake clock, not yet connected. */
export function setup(options: Partial<ParleyClientOptions> = {}, login: Partial<AuthSession> = {}): Setup {
  const clock = new FakeClock();
  const gateway = new ScriptedGateway();
  const client = new ParleyClient({
    session: sessionOf('alice', clock, login),
    webSocket: gateway.factory,
    clock,
    random: fixedRandom(0.5),
    baseUrl: 'http://api',
    fetch: () => Promise.reject(new Error('no network')),
    ...options,
  });
  const seen: string[] = [];
  const states: ConnectionState[] = [];
  const problems: unknown[] = [];
  client.on('event', (event) => seen.push(shown(event)));
  client.on('connection', (state) => states.push(state));
  client.on('problem', (problem) => problems.push(problem));
  return { clock, gateway, client, seen, states, problems };
}

/** Connects and is welcomed. */
export async function online(given: Setup): Promise<ScriptedSocket> {
  const connected = given.client.connect();
  await settle();
  given.gateway.socket.welcome();
  await connected;
  return given.gateway.socket;
}
