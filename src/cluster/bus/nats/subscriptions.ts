/** Who listens to what: one NATS subscription a subject, however many handlers it has. */
import type { NatsConnection, Subscription as NatsSubscription } from '@nats-io/transport-node';
import type { Clock } from '../../../core/clock.js';

export type Handler<Envelope> = (envelopes: readonly Envelope[]) => void;

/** An object of its own for each subscription, so that one handler may be subscribed twice. */
export interface Subscriber<Envelope> {
  readonly handler: Handler<Envelope>;
}

export interface Listening<Envelope> {
  readonly subscribers: Set<Subscriber<Envelope>>;
  source: NatsSubscription | undefined;
  /** Set when the server does not allow it. */
  refusal: Error | undefined;
}

export class Subscriptions<Envelope> {
  private connection: NatsConnection | undefined;
  private readonly clock: Clock;
  private readonly bySubject = new Map<string, Listening<Envelope>>();
  private readonly decode: (payload: Uint8Array) => readonly Envelope[];

  /** `decode` never throws. */
  constructor(clock: Clock, decode: (payload: Uint8Array) => readonly Envelope[]) {
    this.clock = clock;
    this.decode = decode;
  }

  get size(): number {
    return this.bySubject.size;
  }

  /** From now on by this connection, all of them; undefined: by none, until there is one. */
  moveTo(connection: NatsConnection | undefined): void {
    this.connection = connection;
    for (const [subject, listening] of this.bySubject) this.listen(subject, listening);
  }

  add(subject: string, subscriber: Subscriber<Envelope>): Listening<Envelope> {
    const known = this.bySubject.get(subject);
    const listening = known ?? { subscribers: new Set(), source: undefined, refusal: undefined };
    listening.subscribers.add(subscriber);
    if (known !== undefined) return known;
    this.bySubject.set(subject, listening);
    this.listen(subject, listening);
    return listening;
  }

  /** Does nothing the second time. */
  remove(subject: string, subscriber: Subscriber<Envelope>): void {
    const listening = this.bySubject.get(subject);
    if (listening === undefined || !listening.subscribers.delete(subscriber) || listening.subscribers.size > 0) return;
    this.bySubject.delete(subject);
    listening.source?.unsubscribe();
  }

  clear(): void {
    for (const { subscribers } of this.bySubject.values()) subscribers.clear();
    this.bySubject.clear();
  }

  private listen(subject: string, listening: Listening<Envelope>): void {
    listening.refusal = undefined;
    listening.source = this.connection?.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) listening.refusal = error;
        else this.hand(listening.subscribers, this.decode(message.data));
      },
    });
  }

  private hand(subscribers: ReadonlySet<Subscriber<Envelope>>, envelopes: readonly Envelope[]): void {
    if (envelopes.length === 0) return;
    for (const { handler } of subscribers) {
      try {
        handler(envelopes);
      } catch (error) {
        // A programmer's error, as anywhere; thrown here it would only end the driver's reading, in silence.
        this.clock.defer(() => {
          throw error;
        });
      }
    }
  }
}
