import type { Clock } from '../../../src/core/clock.js';
import { reconnectionFor } from '../../../src/core/errors.js';
import type { Random } from '../../../src/core/random.js';
import type { v1 } from '../../../src/protocol/wire.js';
import type { Connection, ConnectionHandlers, Place, Traffic } from '../transport/connection.js';
import { BACKOFF_MIN_MS, backoffMs } from './backoff.js';
import { RequestError } from './request-error.js';
import type { LoadObserver } from './session.js';

export interface ArrivalPorts {
  readonly user: number;
  /** It comes back after a loss. */
  readonly steady: boolean;
  /** Tried in turn, each user beginning with another. */
  readonly places: readonly Place[];
  readonly open: (place: Place, handlers: ConnectionHandlers) => Promise<Connection>;
  readonly onFrame: ConnectionHandlers['onFrame'];
  /** Says hello on the connection that there is now; rejects with what the server says instead of a welcome. */
  readonly sayHello: () => Promise<v1.IWelcome | null | undefined>;
  readonly onWelcome: (welcome: v1.IWelcome | null | undefined) => void;
  /** The connection is gone, and with it the answers. */
  readonly onLost: () => void;
  readonly observer: Pick<LoadObserver, 'returning' | 'connected' | 'connectFailed' | 'closed'>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * How a device comes to a connection, and to the next one after a loss: with a backoff that grows until the server welcomes it,
 * as long as it wants to be connected. It has one connection at a time, and outlives them all.
 */
export class Arrival {
  private readonly ports: ArrivalPorts;
  private current: Connection | undefined;
  /** The connection that the server welcomed. */
  private welcomed: Connection | undefined;
  private wanted = false;
  private attempts = 0;
  private comingBack = false;
  /** When it began to be without a connection, as it wants one. */
  private awaySinceMs = 0;
  private readonly spent: Traffic = { requests: 0, bytesOut: 0, bytesIn: 0 };

  constructor(ports: ArrivalPorts) {
    this.ports = ports;
  }

  get connection(): Connection | undefined {
    return this.current;
  }

  /** It is connected, and the server took its hello. */
  get isWelcome(): boolean {
    return this.current !== undefined && this.current === this.welcomed;
  }

  /** It means to be connected, and is or comes back. */
  get isWanted(): boolean {
    return this.wanted;
  }

  /** It wants to be connected, and does not come back: the server said so. */
  get hasGivenUp(): boolean {
    return this.wanted && this.current === undefined && !this.comingBack;
  }

  /** By all connections so far. */
  traffic(): Traffic {
    const now = this.current?.traffic() ?? { requests: 0, bytesOut: 0, bytesIn: 0 };
    return {
      requests: this.spent.requests + now.requests,
      bytesOut: this.spent.bytesOut + now.bytesOut,
      bytesIn: this.spent.bytesIn + now.bytesIn,
    };
  }

  /** Resolves at the welcome, rejects with what the server said instead. */
  async connect(dueMs: number): Promise<void> {
    const { user, observer } = this.ports;
    if (!this.wanted) {
      this.awaySinceMs = dueMs;
      observer.returning(user, dueMs);
    }
    this.wanted = true;
    try {
      await this.attempt();
    } catch (thrown) {
      if (this.wanted) observer.connectFailed(user, thrown instanceof Error ? thrown.message : String(thrown));
      // After a refusal the server closes, and its code says whether to come back; one that is silent does not.
      if (thrown instanceof RequestError && thrown.errorName === 'timeout') this.cut();
      throw thrown;
    }
  }

  /** Connects, and if that fails, goes on trying. */
  arrive(dueMs: number): Promise<void> {
    return this.connect(dueMs).catch(() => {
      if (this.current === undefined) this.comeBack(false);
    });
  }

  /** Until it connects again. */
  leave(): void {
    this.wanted = false;
    this.cut();
  }

  /** Loses its connection, and comes back if it is steady. */
  cut(): void {
    this.current?.close();
  }

  private async attempt(): Promise<void> {
    const { user, places, open, onFrame, sayHello, onWelcome, observer, clock } = this.ports;
    const place = places[(user + this.attempts) % places.length];
    if (place === undefined) throw new Error('there is no address to connect to');
    const connection: Connection = await open(place, { onFrame, onClose: (code) => this.onClose(connection, code) });
    // It left while this was under way, or came by another: two at once would bring everything twice.
    if (!this.wanted || this.current !== undefined) return connection.close();
    this.current = connection;
    const welcome = await sayHello();
    this.welcomed = connection;
    this.attempts = 0;
    observer.connected(user, clock.monotonic() - this.awaySinceMs);
    onWelcome(welcome);
  }

  private onClose(connection: Connection, code: number): void {
    if (this.current !== connection) return;
    const { requests, bytesOut, bytesIn } = connection.traffic();
    this.spent.requests += requests;
    this.spent.bytesOut += bytesOut;
    this.spent.bytesIn += bytesIn;
    this.current = undefined;
    const { user, steady, observer, clock, onLost } = this.ports;
    onLost();
    if (!this.wanted) return;
    this.awaySinceMs = clock.monotonic();
    observer.closed(user, code);
    if (steady && reconnectionFor(code) !== 'never') this.comeBack(reconnectionFor(code) === 'now');
  }

  private comeBack(now: boolean): void {
    if (this.comingBack) return;
    this.comingBack = true;
    const { clock, random } = this.ports;
    const delayMs = now && this.attempts === 0 ? random.fraction() * BACKOFF_MIN_MS : backoffMs(this.attempts, random);
    this.attempts++;
    clock.after(delayMs, async () => {
      // A refused hello is followed by a close, which brings back what is still wanted.
      if (this.wanted && this.current === undefined) await this.connect(clock.monotonic()).catch(() => {});
      this.comingBack = false;
      if (this.wanted && this.current === undefined) this.comeBack(false);
    });
  }
}
