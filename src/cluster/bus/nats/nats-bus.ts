/**
 * The bus over NATS core. Envelopes published in one turn of the event loop travel together, one message a subject, within
 * the server's max_payload. What waits is bounded in number, bytes and, while there is no connection, time; so is what was
 * sent and not yet confirmed by the server. Received messages are handed on as they are read, so nothing piles up behind a
 * slow handler but in the server, which then ends the connection: like any other, it is made again.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import type { Bus, Subscription } from '../../../core/bus.js';
import type { Clock } from '../../../core/clock.js';
import { ParleyError } from '../../../core/errors.js';
import { LIMITS } from '../../../core/limits.js';
import type { Logger } from '../../../core/logger.js';
import type { Metrics } from '../../../core/metrics.js';
import { type Random, systemRandom } from '../../../core/random.js';
import { RETRY_AFTER_MS } from '../../../core/retry-after.js';
import { joinBatches } from '../../../protocol/bus-codec.js';
import type { BusEnvelope } from '../../../protocol/bus-messages.js';
import { busEnvelopeCodec } from '../envelope-codec.js';
import type { NatsAddress } from './connection.js';
import { NatsLink } from './link.js';
import { BusMetrics } from './metrics.js';
import { Outbox, type Parcel } from './outbox.js';
import { SubjectNames } from './subject.js';
import { type Handler, Subscriptions } from './subscriptions.js';

export interface NatsBusOptions extends NatsAddress {
  /** Clusters of different names do not hear each other, also on one server. */
  readonly cluster: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** For the time between attempts to reconnect. */
  readonly random?: Random;
  /** Envelopes that may wait for one subject. Default 65,536. */
  readonly queueEnvelopesMax?: number;
  /** Bytes that may wait in all. Default 64 MiB. */
  readonly queueBytesMax?: number;
  /** How long what was published waits for a lost connection, milliseconds. Default 2,000. */
  readonly outageMs?: number;
  /** There is a connection again: what was under way when the one before broke may be lost. */
  readonly onReconnected?: () => void;
}

const QUEUE_ENVELOPES_MAX = 65_536;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const OUTAGE_MS = 2_000;
/** A message is never larger, whatever the server allows: it is decoded in one turn. */
const MESSAGE_BYTES_MAX = 1024 * 1024;
/** Sent and not confirmed, at most (and a message); what bounds the driver's and the socket's memory. */
const UNCONFIRMED_BYTES_MAX = 8 * 1024 * 1024;
/** How much is sent between two questions to the server whether it has everything. */
const CONFIRM_EVERY_BYTES = 1024 * 1024;
const CLOSE_FLUSH_MS = 1_000;

/** Connects once to one of the servers. Rejects with `unavailable`: then try again. Later it reconnects by itself. */
export async function openNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const bus = new NatsBus(options);
  await bus.open();
  return bus;
}

export class NatsBus implements Bus<BusEnvelope> {
  private readonly options: NatsBusOptions;
  private readonly link: NatsLink;
  private readonly codec = busEnvelopeCodec(LIMITS.envelopeBytesMax);
  private readonly counts: BusMetrics;
  private readonly outbox: Outbox;
  private readonly subscriptions: Subscriptions<BusEnvelope>;
  private readonly names: SubjectNames;
  private payloadBytesMax = MESSAGE_BYTES_MAX;
  /** Without a connection for so long that nothing more is taken. */
  private refusing = false;
  private closed = false;
  private scheduled = false;
  private confirming = false;
  private sentBytes = 0;
  private confirmedBytes = 0;
  private askedBytes = 0;
  /** Grows whenever something that was taken may not arrive. */
  private losses = 0;
  private connections = 0;
  private stopOutage: () => void = () => undefined;
  private emptied: (() => void)[] = [];

  /** Use openNatsBus. */
  constructor(options: NatsBusOptions) {
    const { clock, logger, metrics, random = systemRandom, queueEnvelopesMax, queueBytesMax } = options;
    this.options = options;
    this.names = new SubjectNames(options.cluster);
    this.counts = new BusMetrics(metrics);
    this.outbox = new Outbox({
      envelopesPerSubjectMax: queueEnvelopesMax ?? QUEUE_ENVELOPES_MAX,
      bytesMax: queueBytesMax ?? QUEUE_BYTES_MAX,
    });
    this.subscriptions = new Subscriptions(clock, (payload) => this.decode(payload));
    this.link = new NatsLink({
      address: options,
      clock,
      random,
      logger,
      onUp: (connection) => this.up(connection),
      onDown: () => this.down(),
    });
  }

  async open(): Promise<void> {
    await this.link.open();
    const { metrics } = this.options;
    metrics.gauge('parley_bus_connected', 'Whether NATS is connected', () => (this.connected ? 1 : 0));
    metrics.gauge('parley_bus_queue_bytes', 'Bytes waiting to be sent', () => this.outbox.bytes);
    metrics.gauge('parley_bus_subscriptions', 'Subjects listened to', () => this.subscriptions.size);
  }

  /** Whether there is a connection, as far as is known; for readiness. */
  get connected(): boolean {
    return this.link.connection !== undefined;
  }

  // ---- publishing ------------------------------------------------------------------------------------------------

  publish(subject: string, envelopes: readonly BusEnvelope[]): void {
    if (envelopes.length === 0) return;
    if (this.closed) throw new ParleyError('unavailable', { sentence: 'The bus is closed.' });
    if (this.refusing) {
      throw new ParleyError('overloaded', {
        sentence: 'There is no connection to the bus.',
        retryAfterMs: RETRY_AFTER_MS.away,
      });
    }
    const payloads =
      envelopes.length === 1
        ? this.codec.encode(envelopes)
        : envelopes.flatMap((envelope) => this.codec.encode([envelope]));
    for (const { length } of payloads) this.checkSize(length);
    this.outbox.add(this.names.of(subject), payloads);
    this.schedule();
  }

  private checkSize(bytes: number): void {
    if (bytes <= this.payloadBytesMax) return;
    const sentence = `An envelope (${bytes} bytes) is too large for NATS, which takes ${this.payloadBytesMax}.`;
    throw new ParleyError('frame_too_large', { sentence });
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.options.clock.defer(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    const { connection } = this.link;
    while (connection !== undefined && this.sentBytes - this.confirmedBytes < UNCONFIRMED_BYTES_MAX) {
      const parcel = this.outbox.next(this.payloadBytesMax);
      if (parcel === undefined) break;
      this.send(connection, parcel);
    }
    if (this.sentBytes - this.askedBytes >= CONFIRM_EVERY_BYTES) this.confirm();
    if (this.outbox.envelopes > 0) return;
    const { emptied } = this;
    this.emptied = [];
    for (const resolve of emptied) resolve();
  }

  private send(connection: NatsConnection, { subject, payloads, bytes }: Parcel): void {
    try {
      connection.publish(subject, joinBatches(payloads, bytes));
    } catch (cause) {
      // The server takes less than the one this was published for, or the connection has just ended.
      this.options.logger.warn({ err: cause, subject, bytes }, 'NATS does not take a message');
      this.drop(payloads.length);
      return;
    }
    this.sentBytes += bytes;
    this.counts.messagesSent.add();
    this.counts.envelopesSent.add(payloads.length);
    this.counts.bytesSent.add(bytes);
  }

  private drop(envelopes: number): void {
    if (envelopes === 0) return;
    this.losses++;
    this.counts.dropped.add(envelopes);
  }

  /** Asks the server whether it has everything sent so far; one question at a time. */
  private confirm(): void {
    if (this.confirming) return;
    this.confirming = true;
    const upTo = this.sentBytes;
    this.askedBytes = upTo;
    void this.link.roundTrip().then((answered) => {
      if (answered) this.confirmedBytes = Math.max(this.confirmedBytes, upTo);
      this.confirming = false;
      this.pump();
    });
  }

  // ---- subscribing -----------------------------------------------------------------------------------------------

  /** Resolves once a server has the subscription, however long that takes; rejects with `unavailable`. */
  async subscribe(subject: string, handler: Handler<BusEnvelope>): Promise<Subscription> {
    const name = this.names.of(subject);
    const subscriber = { handler };
    if (this.closed) throw new ParleyError('unavailable', { sentence: 'The bus is closed.' });
    const listening = this.subscriptions.add(name, subscriber);
    const remove = (): void => this.subscriptions.remove(name, subscriber);
    await this.reachServer();
    if (this.closed) throw new ParleyError('unavailable', { sentence: 'The bus was closed.' });
    if (listening.refusal !== undefined) {
      remove();
      const sentence = `NATS does not let this process listen to ${name}.`;
      throw new ParleyError('unavailable', { sentence, cause: listening.refusal });
    }
    return { unsubscribe: remove };
  }

  /** Resolves once a server has answered all before, or the bus is closed, or `wait` is over. */
  private async reachServer(wait = { over: false }): Promise<void> {
    while (!this.link.ended && !wait.over) {
      await this.link.whenUp();
      if (await this.link.roundTrip()) return;
    }
  }

  private decode(payload: Uint8Array): readonly BusEnvelope[] {
    this.counts.messagesReceived.add();
    this.counts.bytesReceived.add(payload.length);
    try {
      const envelopes = this.codec.decode(payload);
      this.counts.envelopesReceived.add(envelopes.length);
      return envelopes;
    } catch (cause) {
      this.counts.malformed.add();
      this.options.logger.warn({ err: cause, bytes: payload.length }, 'a message on the bus could not be decoded');
      return [];
    }
  }

  // ---- the connection --------------------------------------------------------------------------------------------

  private up(connection: NatsConnection): void {
    this.stopOutage();
    this.refusing = false;
    const again = this.connections++ > 0;
    if (again) this.counts.reconnects.add();
    this.payloadBytesMax = Math.min(connection.info?.max_payload ?? MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX);
    if (this.payloadBytesMax < LIMITS.envelopeBytesMax) {
      const fields = { maxPayload: this.payloadBytesMax, needed: LIMITS.envelopeBytesMax };
      this.options.logger.warn(fields, 'NATS takes less than the largest envelope: raise its max_payload');
    }
    this.subscriptions.moveTo(connection);
    this.schedule();
    if (again) this.options.onReconnected?.();
  }

  private down(): void {
    const unconfirmed = this.sentBytes - this.confirmedBytes;
    if (unconfirmed > 0) this.losses++;
    this.counts.unconfirmed.add(unconfirmed);
    this.confirmedBytes = this.sentBytes;
    this.askedBytes = this.sentBytes;
    this.subscriptions.moveTo(undefined);
    if (this.closed) return;
    this.stopOutage = this.options.clock.after(this.options.outageMs ?? OUTAGE_MS, () => this.giveUpWaiting());
  }

  /** Whoever published waits no longer by now, or has sent again. */
  private giveUpWaiting(): void {
    this.refusing = true;
    const dropped = this.outbox.clear();
    this.drop(dropped);
    this.options.logger.warn({ envelopes: dropped }, 'without NATS for too long: what waited was dropped');
    this.pump();
  }

  // ---- the end ---------------------------------------------------------------------------------------------------

  async flush(deadlineMs: number): Promise<void> {
    const { losses } = this;
    const wait = { over: false, cancel: (): void => undefined };
    const deadline = new Promise<boolean>((resolve) => {
      wait.cancel = this.options.clock.after(deadlineMs, () => resolve(false));
    });
    const inTime = await Promise.race([this.handOver(wait), deadline]);
    wait.over = true;
    wait.cancel();
    if (!inTime || this.losses !== losses) throw new ParleyError('timeout');
  }

  private async handOver(wait: { readonly over: boolean }): Promise<boolean> {
    this.pump();
    if (this.outbox.envelopes > 0) await new Promise<void>((resolve) => this.emptied.push(resolve));
    await this.reachServer(wait);
    return !this.link.ended;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    await this.flush(CLOSE_FLUSH_MS).catch(() => undefined);
    this.closed = true;
    this.stopOutage();
    this.subscriptions.clear();
    this.drop(this.outbox.clear());
    this.pump();
    await this.link.close();
  }
}
