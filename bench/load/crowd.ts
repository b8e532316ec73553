import type { Cursor, Target, Which } from './orders.js';
import { pause } from './pace.js';
import { ParleySession } from './parley-session.js';
import { RelaySession } from './relay-session.js';
import { type LoadObserver, type LoadSession, peerOf } from './session.js';

const CONNECTS_AT_ONCE = 50;
/** Users a loopback address: each address has a limit of its own. */
const USERS_PER_ADDRESS = 200;
const ADDRESSES_PER_NET = 250;
/** How often a device tells what it processed; the protocol asks for at most one a second. */
const ACKNOWLEDGE_EVERY_MS = 1_000;
const TICK_MS = 50;

export const benchUserId = (user: number): string => `bench${String(user).padStart(6, '0')}`;

/** A loopback address for the user's group. */
export function addressOf(user: number): string {
  const group = Math.floor(user / USERS_PER_ADDRESS);
  return `127.0.${1 + Math.floor(group / ADDRESSES_PER_NET)}.${1 + (group % ADDRESSES_PER_NET)}`;
}

export const belongs = (user: number, which: Which): boolean =>
  which === 'all' || (user % 2 === 0) === (which === 'even');

/** Many connected users. */
export class Crowd {
  private readonly members = new Map<number, LoadSession>();
  private readonly parley = new Map<number, ParleySession>();
  /** Where those who left had got to. */
  private readonly cursors = new Map<number, Cursor>();
  private readonly observer: LoadObserver;
  private heartbeatMs = 25_000;
  private timer: NodeJS.Timeout | undefined;

  constructor(observer: LoadObserver) {
    this.observer = observer;
  }

  /** In the order of their numbers. */
  get sessions(): readonly LoadSession[] {
    return [...this.members.values()].sort((a, b) => a.user - b.user);
  }

  get parleySessions(): readonly ParleySession[] {
    return [...this.parley.values()].sort((a, b) => a.user - b.user);
  }

  async connect(target: Target, users: readonly number[], overSeconds: number): Promise<void> {
    const started = performance.now();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < users.length; index = next++) {
        const due = started + (index / users.length) * overSeconds * 1000;
        if (due > performance.now()) await pause(due - performance.now());
        await this.add(target, users[index] ?? 0);
      }
    };
    await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, worker));
    if (target.type === 'parley' && this.timer === undefined) this.keepAlive();
  }

  disconnect(which: Which): void {
    for (const session of this.sessions) {
      if (!belongs(session.user, which)) continue;
      const parley = this.parley.get(session.user);
      if (parley !== undefined) this.cursors.set(session.user, parley.cursorNow());
      session.close();
      this.members.delete(session.user);
      this.parley.delete(session.user);
    }
  }

  private async add(target: Target, user: number): Promise<void> {
    const fromAddress = addressOf(user);
    if (target.type === 'relay') {
      this.members.set(user, await RelaySession.open(target.port, user, fromAddress, this.observer));
      return;
    }
    const account = {
      user,
      userId: benchUserId(user),
      peerId: benchUserId(peerOf(user)),
      token: target.tokens[user] ?? '',
      cursor: this.cursors.get(user),
    };
    const place = { port: target.port, path: target.path, fromAddress };
    const { session, heartbeatMs } = await ParleySession.open(place, account, this.observer);
    this.heartbeatMs = heartbeatMs;
    this.members.set(user, session);
    this.parley.set(user, session);
  }

  /** Spreads heartbeats and acknowledgements evenly over their intervals. */
  private keepAlive(): void {
    let before = performance.now();
    let heartbeats = 0;
    let acknowledgements = 0;
    this.timer = setInterval(() => {
      const sessions = [...this.parley.values()];
      const now = performance.now();
      const due = ((now - before) * sessions.length) / ACKNOWLEDGE_EVERY_MS;
      const heartbeatsDue = heartbeats + ((now - before) * sessions.length) / this.heartbeatMs;
      before = now;
      for (const until = acknowledgements + due; acknowledgements < until; acknowledgements++)
        sessions[Math.floor(acknowledgements) % sessions.length]?.acknowledgeCursor();
      for (; heartbeats < heartbeatsDue; heartbeats++) sessions[Math.floor(heartbeats) % sessions.length]?.heartbeat();
    }, TICK_MS);
  }
}
