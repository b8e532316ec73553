/** How a gateway or the API reaches actors over the bus, and hears what they push. */
import type { Bus, Subscription } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import { ParleyError, toParleyError } from '../core/errors.js';
import { type ActorId, type ChannelId, shardOf } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import {
  type ActorAnswer,
  type ActorEnvelope,
  type BusEnvelope,
  type EdgeEnvelope,
  fanoutSubject,
  isEdgeEnvelope,
  type Notice,
  processSubject,
  type Question,
} from '../protocol/bus-messages.js';
import type { ActorClient, EdgeBus } from './actor-client.js';
import type { Routes } from './routes.js';

export const nodeSubject = (incarnation: string): string => `node.${incarnation}`;

/** Questions without an answer yet, at most. */
const OPEN_QUESTIONS_MAX = 65_536;
const SWEEP_MS = 250;
const LOOK_AGAIN_MS = 100;

interface OpenQuestion {
  readonly actor: ActorId;
  readonly question: Question;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
  readonly resolve: (answer: ActorAnswer) => void;
  readonly reject: (error: ParleyError) => void;
}

export class EdgeLink implements EdgeBus, ActorClient {
  readonly address: string;
  private readonly bus: Bus<BusEnvelope>;
  private readonly routes: Routes;
  private readonly clock: Clock;
  private readonly open = new Map<number, OpenQuestion>();
  private readonly fanouts = new Map<ChannelId, Promise<Subscription>>();
  private handler: (envelope: EdgeEnvelope) => void = () => undefined;
  private correlation = 0;
  private subscription: Subscription | undefined;
  private stopSweep: () => void = () => undefined;

  constructor(bus: Bus<BusEnvelope>, routes: Routes, clock: Clock, name: string) {
    this.bus = bus;
    this.routes = routes;
    this.clock = clock;
    this.address = processSubject(name);
  }

  get actors(): ActorClient {
    return this;
  }

  async start(): Promise<void> {
    this.subscription = await this.bus.subscribe(this.address, (envelopes) => this.receive(envelopes));
    this.sweepLater();
  }

  stop(): void {
    this.subscription?.unsubscribe();
    this.stopSweep();
    for (const [correlation] of this.open) this.fail(correlation, new ParleyError('draining'));
  }

  onEnvelope(handler: (envelope: EdgeEnvelope) => void): void {
    this.handler = handler;
  }

  // ---- questions -------------------------------------------------------------------------------------------------

  ask(actor: ActorId, question: Question, budgetMs: number = LIMITS.requestDeadlineMs): Promise<ActorAnswer> {
    if (this.open.size >= OPEN_QUESTIONS_MAX)
      return Promise.reject(new ParleyError('overloaded', { retryAfterMs: 500 }));
    const correlation = this.nextCorrelation();
    return new Promise((resolve, reject) => {
      const deadlineMs = this.clock.monotonic() + budgetMs;
      this.open.set(correlation, { actor, question, deadlineMs, resolve, reject });
      this.sendQuestion(correlation);
    });
  }

  tell(actor: ActorId, notice: Notice): void {
    this.publish({ type: 'tell', actor, notice, onlyIfActive: false });
  }

  private nextCorrelation(): number {
    this.correlation = (this.correlation + 1) >>> 0 || 1;
    return this.correlation;
  }

  private sendQuestion(correlation: number): void {
    const open = this.open.get(correlation);
    if (open === undefined) return;
    const { actor, question, deadlineMs } = open;
    const budgetMs = Math.max(0, Math.round(deadlineMs - this.clock.monotonic()));
    const refusal = this.publish({ type: 'ask', actor, question, replyTo: this.address, correlation, budgetMs });
    if (refusal === undefined) return;
    if (refusal.retry === 'never') this.fail(correlation, refusal);
    else this.clock.after(LOOK_AGAIN_MS, () => this.sendQuestion(correlation));
  }

  /** Why nothing was published: nobody owns the actor now, the bus is full, or it can never take this. */
  private publish(envelope: ActorEnvelope): ParleyError | undefined {
    const owner = this.routes.ownerOf(shardOf(envelope.actor));
    if (owner === undefined) return new ParleyError('not_owner');
    try {
      this.bus.publish(nodeSubject(owner), [envelope]);
      return undefined;
    } catch (thrown) {
      return toParleyError(thrown);
    }
  }

  private receive(envelopes: readonly BusEnvelope[]): void {
    for (const envelope of envelopes) {
      if (envelope.type === 'answer') this.answered(envelope.correlation, envelope.answer);
      else if (envelope.type === 'refusal') this.refused(envelope);
      else if (isEdgeEnvelope(envelope)) this.handler(envelope);
    }
  }

  private answered(correlation: number, answer: ActorAnswer): void {
    const open = this.open.get(correlation);
    this.open.delete(correlation);
    open?.resolve(answer);
  }

  private refused(refusal: Extract<EdgeEnvelope, { type: 'refusal' }>): void {
    const { correlation, error, sentence, retryAfterMs } = refusal;
    // Ownership moves: look again until the deadline.
    if (error === 'not_owner') this.clock.after(LOOK_AGAIN_MS, () => this.sendQuestion(correlation));
    else this.fail(correlation, new ParleyError(error, { sentence, retryAfterMs }));
  }

  private fail(correlation: number, error: ParleyError): void {
    const open = this.open.get(correlation);
    this.open.delete(correlation);
    open?.reject(error);
  }

  private sweepLater(): void {
    this.stopSweep = this.clock.after(SWEEP_MS, () => {
      const now = this.clock.monotonic();
      for (const [correlation, open] of this.open) {
        if (open.deadlineMs <= now) this.fail(correlation, new ParleyError('timeout'));
      }
      this.sweepLater();
    });
  }

  // ---- fan-out ---------------------------------------------------------------------------------------------------

  async subscribeFanout(channelId: ChannelId): Promise<void> {
    let subscription = this.fanouts.get(channelId);
    if (subscription === undefined) {
      subscription = this.bus.subscribe(fanoutSubject(channelId), (envelopes) => this.receive(envelopes));
      this.fanouts.set(channelId, subscription);
    }
    await subscription;
  }

  unsubscribeFanout(channelId: ChannelId): void {
    const subscription = this.fanouts.get(channelId);
    this.fanouts.delete(channelId);
    subscription?.then((active) => active.unsubscribe()).catch(() => undefined);
  }
}
