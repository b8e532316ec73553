/**
 * One connection to NATS after the other: notices when one is lost or a server is silent, and connects again, for ever.
 * Each is a driver's connection of its own: nothing is left over from the one before.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import { type BackoffSpan, backoffMs } from '../../../core/backoff.js';
import type { Clock } from '../../../core/clock.js';
import type { Logger } from '../../../core/logger.js';
import type { Random } from '../../../core/random.js';
import { connectNats, type NatsAddress, shownServers } from './connection.js';

export interface NatsLinkOptions {
  readonly address: NatsAddress;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A connection is there; called before anybody who waits for one goes on. */
  readonly onUp: (connection: NatsConnection) => void;
  readonly onDown: () => void;
}

/** How often the server is asked for a sign of life, and how many may be missing: a pause of our own is none of its. */
const WATCH_MS = 1_000;
const MISSED_MAX = 3;
const CONNECT_AGAIN: BackoffSpan = { firstMs: 100, mostMs: 1_000 };

export class NatsLink {
  private readonly options: NatsLinkOptions;
  /** Attempts to connect again that failed in a row. */
  private failures = 0;
  private current: NatsConnection | undefined;
  private closed = false;
  private stopTimer: () => void = () => undefined;
  private waiting: (() => void)[] = [];
  /** The driver forgets those without an answer when its connection ends. */
  private readonly roundTrips = new Set<(answered: boolean) => void>();

  constructor(options: NatsLinkOptions) {
    this.options = options;
  }

  /** The first connection: one attempt. Rejects with `unavailable`. */
  async open(): Promise<void> {
    this.adopt(await connectNats(this.options.address));
  }

  get connection(): NatsConnection | undefined {
    return this.current;
  }

  get ended(): boolean {
    return this.closed;
  }

  /** Resolves when there is a connection, or never will be again. */
  whenUp(): Promise<void> {
    if (this.current !== undefined || this.closed) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** True once the server has answered all before; false when there is no connection, or none any more. */
  roundTrip(): Promise<boolean> {
    const { current } = this;
    if (current === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (answered: boolean): void => {
        this.roundTrips.delete(end);
        resolve(answered);
      };
      this.roundTrips.add(end);
      current.flush().then(
        () => end(true),
        () => end(false),
      );
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { current } = this;
    if (current !== undefined) this.leave(current);
    this.stopTimer();
    this.wake();
    await current?.close();
  }

  private adopt(connection: NatsConnection): void {
    this.current = connection;
    this.failures = 0;
    void connection.closed().then((error) => this.lost(connection, error ?? undefined));
    void this.listen(connection);
    this.watch(connection, 0);
    this.options.onUp(connection);
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private async listen(connection: NatsConnection): Promise<void> {
    const { logger } = this.options;
    for await (const status of connection.status()) {
      if (status.type === 'error') logger.warn({ err: status.error }, 'NATS says that something is wrong');
      else if (status.type === 'ldm') logger.info({}, 'the NATS server is about to stop');
    }
  }

  private watch(connection: NatsConnection, missed: number): void {
    if (missed >= MISSED_MAX) {
      this.lost(connection, new Error('the server is silent'));
      connection.close().catch(() => undefined);
      return;
    }
    let answered = false;
    void this.roundTrip().then((ok) => {
      answered = ok;
    });
    this.stopTimer = this.options.clock.after(WATCH_MS, () => this.watch(connection, answered ? 0 : missed + 1));
  }

  private lost(connection: NatsConnection, error: Error | undefined): void {
    if (this.current !== connection) return;
    const server = shownServers([connection.getServer()]);
    this.options.logger.warn({ server, err: error }, 'the connection to NATS is lost');
    this.leave(connection);
    this.connectLater();
  }

  private leave(connection: NatsConnection): void {
    if (this.current !== connection) return;
    this.current = undefined;
    this.stopTimer();
    for (const end of this.roundTrips) end(false);
    this.options.onDown();
  }

  private connectLater(): void {
    const { clock, random } = this.options;
    this.stopTimer = clock.after(backoffMs(CONNECT_AGAIN, this.failures, random), () => void this.connectAgain());
  }

  private async connectAgain(): Promise<void> {
    try {
      const connection = await connectNats(this.options.address);
      if (this.closed) return void connection.close();
      this.options.logger.info({ server: shownServers([connection.getServer()]) }, 'connected to NATS again');
      this.adopt(connection);
    } catch (error) {
      if (this.closed) return;
      this.options.logger.debug({ err: error }, 'NATS cannot be reached yet');
      this.failures++;
      this.connectLater();
    }
  }
}
