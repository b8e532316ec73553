import { ParleySession } from '../session/parley-session.js';
import { RelaySession } from '../session/relay-session.js';
import { type LoadObserver, type LoadSession, peerOf } from '../session/session.js';
import type { Connection, ConnectionHandlers, Place } from '../transport/connection.js';
import { openPolling } from '../transport/poll-connection.js';
import { openWebSocket } from '../transport/websocket-connection.js';
import type { Target, Which } from './orders.js';
import { spread } from './spread.js';

/** Users a loopback address: each address has a limit of its own. */
const USERS_PER_ADDRESS = 200;
const ADDRESSES_PER_NET = 250;
/** How often a device tells what it processed; the protocol asks for at most one a second. */
const ACKNOWLEDGE_EVERY_MS = 1_000;
const TICK_MS = 50;

const USER_PREFIX = 'bench';
export const benchUserId = (user: number, prefix = USER_PREFIX): string => `${prefix}${String(user).padStart(6, '0')}`;

/** A loopback address for the user's group; the groups after 62,500 have those of the first ones again. */
export function addressOf(user: number): string {
  const group = Math.floor(user / USERS_PER_ADDRESS) % (ADDRESSES_PER_NET * ADDRESSES_PER_NET);
  return `127.0.${1 + Math.floor(group / ADDRESSES_PER_NET)}.${1 + (group % ADDRESSES_PER_NET)}`;
}

export const belongs = (user: number, which: Which): boolean =>
  which === 'all' || (user % 2 === 0) === (which === 'even');

/** Many connected users. */
export class Crowd {
  private readonly relays = new Map<number, RelaySession>();
  /** Those who left, too. */
  private readonly devices = new Map<number, ParleySession>();
  private readonly observer: LoadObserver;
  private prefix = USER_PREFIX;
  private timer: NodeJS.Timeout | undefined;

  constructor(observer: LoadObserver) {
    this.observer = observer;
  }

  /** Those who are connected, in the order of their numbers. */
  get sessions(): readonly LoadSession[] {
    const all: LoadSession[] = [...this.relays.values(), ...this.parleySessions];
    return all.sort((a, b) => a.user - b.user);
  }

  get parleySessions(): readonly ParleySession[] {
    return this.all.filter((device) => device.isConnected);
  }

  /** Those who left, too. */
  get all(): readonly ParleySession[] {
    return [...this.devices.values()].sort((a, b) => a.user - b.user);
  }

  /** Somebody who is connected waits for an answer to a send, or is about to repeat it. */
  get hasUnsettled(): boolean {
    for (const device of this.devices.values()) if (device.isConnected && device.unsettledCount > 0) return true;
    return false;
  }

  device(user: number): ParleySession | undefined {
    return this.devices.get(user);
  }

  userId(user: number): string {
    return benchUserId(user, this.prefix);
  }

  async connect(target: Target, users: readonly number[], overSeconds: number): Promise<void> {
    if (target.type === 'parley') this.prefix = target.prefix ?? USER_PREFIX;
    await spread(users, overSeconds, (user, dueMs) => this.add(target, user, dueMs));
    if (target.type === 'parley' && this.timer === undefined) this.keepAlive();
  }

  /** Brings those back who left. */
  async return(devices: readonly ParleySession[], overSeconds: number): Promise<void> {
    await spread(devices, overSeconds, (device, dueMs) => device.arrive(dueMs));
  }

  disconnect(which: Which): void {
    for (const session of this.sessions) if (belongs(session.user, which)) session.close();
    for (const user of [...this.relays.keys()]) if (belongs(user, which)) this.relays.delete(user);
  }

  private async add(target: Target, user: number, dueMs: number): Promise<void> {
    if (target.type === 'relay') {
      this.relays.set(user, await RelaySession.open(target.port, user, addressOf(user), this.observer));
      return;
    }
    const device = this.devices.get(user) ?? this.newDevice(target, user);
    this.devices.set(user, device);
    await (target.steady ? device.arrive(dueMs) : device.connect(dueMs));
  }

  private newDevice(target: Extract<Target, { type: 'parley' }>, user: number): ParleySession {
    const { port, path, places = [{ host: '127.0.0.1', port, path }] } = target;
    const account = {
      user,
      userId: this.userId(user),
      peerId: this.userId(peerOf(user)),
      token: target.tokens[user - (target.tokensFrom ?? 0)] ?? '',
      steady: target.steady ?? false,
      places: places.map((place) => ({
        ...place,
        fromAddress: place.host.startsWith('127.') ? addressOf(user) : undefined,
      })),
      open: openerOf(target),
    };
    return new ParleySession(account, this.observer);
  }

  /** Spreads heartbeats and acknowledgements evenly over their intervals. */
  private keepAlive(): void {
    let before = performance.now();
    let heartbeats = 0;
    let acknowledgements = 0;
    this.timer = setInterval(() => {
      const sessions = [...this.devices.values()];
      const heartbeatMs = sessions[0]?.heartbeatMs ?? 25_000;
      const now = performance.now();
      const due = ((now - before) * sessions.length) / ACKNOWLEDGE_EVERY_MS;
      const heartbeatsDue = heartbeats + ((now - before) * sessions.length) / heartbeatMs;
      before = now;
      for (const until = acknowledgements + due; acknowledgements < until; acknowledgements++)
        sessions[Math.floor(acknowledgements) % sessions.length]?.acknowledgeCursor();
      for (; heartbeats < heartbeatsDue; heartbeats++) sessions[Math.floor(heartbeats) % sessions.length]?.heartbeat();
    }, TICK_MS);
  }
}

type Open = (place: Place, handlers: ConnectionHandlers, token: string) => Promise<Connection>;

function openerOf({ transport = 'websocket', pollEverySeconds = 1 }: Extract<Target, { type: 'parley' }>): Open {
  if (transport === 'websocket') return (place, handlers) => openWebSocket(place, handlers);
  const everyMs = transport === 'poll' ? pollEverySeconds * 1000 : undefined;
  return (place, handlers, token) => openPolling(place, token, everyMs, handlers);
}
