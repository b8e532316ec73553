/** How a gateway or the API reaches actors over the bus, and hears what they push. */
import type { Bus, Subscription } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import { ParleyError, toParleyError } from '../core/errors.js';
import { type ActorId, type ChannelId, shardOf } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import { RETRY_AFTER_MS } from '../core/retry-after.js';
import type { TraceContext } from '../core/trace.js';
import {
  type ActorAnswer,
  type ActorEnvelope,
  type BusEnvelope,
  type EdgeEnvelope,
  isEdgeEnvelope,
  type Notice,
  type Question,
} from '../protocol/bus-messages.js';
import { fanoutSubject, processSubject } from '../protocol/bus-subjects.js';
import type { ActorClient, EdgeBus, Waiter } from './actor-client.js';
import type { Routes } from './routes.js';

export const nodeSubject = (incarnation: string): string => `node.${incarnation}`;

/** Questions without an answer yet, at most. */
const OPEN_QUESTIONS_MAX = 65_536;
const SWEEP_MS = 100;
const LOOK_AGAIN_MS = 100;

interface OpenQuestion {
  readonly actor: ActorId;
  readonly shard: number;
  readonly question: Question;
  readonly trace: TraceContext | undefined;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
  readonly waiter: Waiter;
  /** Whom it was sent to last. */
  askedOf: string | undefined;
  /** While it waits for an owner, or for room on the bus: what cancels its next attempt. */
  cancelWait: (() => void) | undefined;
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
  private stopMoved: () => void = () => undefined;
  private readonly movedListeners: ((shards: readonly number[]) => void)[] = [];

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
    this.stopMoved = this.routes.onMoved((shards) => this.moved(shards));
    this.sweepLater();
  }

  stop(): void {
    this.stopMoved();
    this.subscription?.unsubscribe();
    this.stopSweep();
    for (const [correlation] of this.open) this.fail(correlation, new ParleyError('draining'));
  }

  onEnvelope(handler: (envelope: EdgeEnvelope) => void): void {
    this.handler = handler;
  }

  onMoved(listener: (shards: readonly number[]) => void): void {
    this.movedListeners.push(listener);
  }

  /** Questions without an answer yet, and those of them that wait for an owner. */
  get questions(): { readonly open: number; readonly waiting: number } {
    let waiting = 0;
    for (const { cancelWait } of this.open.values()) if (cancelWait !== undefined) waiting++;
    return { open: this.open.size, waiting };
  }

  // ---- questions -------------------------------------------------------------------------------------------------

  ask(
    actor: ActorId,
    question: Question,
    budgetMs: number = LIMITS.requestDeadlineMs,
    trace?: TraceContext,
  ): Promise<ActorAnswer> {
    return new Promise((answered, refused) => {
      this.pose({ answered, refused }, actor, question, budgetMs, trace);
    });
  }

  askFor(waiter: Waiter, actor: ActorId, question: Question, trace?: TraceContext): void {
    this.pose(waiter, actor, question, LIMITS.requestDeadlineMs, trace);
  }

  private pose(
    waiter: Waiter,
    actor: ActorId,
    question: Question,
    budgetMs: number,
    trace: TraceContext | undefined,
  ): void {
    if (this.open.size >= OPEN_QUESTIONS_MAX)
      return waiter.refused(new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.queue }));
    const correlation = this.nextCorrelation();
    const deadlineMs = this.clock.monotonic() + budgetMs;
    const shard = shardOf(actor);
    this.open.set(correlation, {
      actor,
      shard,
      question,
      trace,
      deadlineMs,
      waiter,
      askedOf: undefined,
      cancelWait: undefined,
    });
    this.sendQuestion(correlation);
  }

  tell(actor: ActorId, notice: Notice): void {
    // An actor that is not in memory reads the directory when it is activated.
    const onlyIfActive = notice.type === 'directory_changed';
    this.publish({ type: 'tell', actor, notice, onlyIfActive }, this.routes.ownerOf(shardOf(actor)));
  }

  private nextCorrelation(): number {
    this.correlation = (this.correlation + 1) >>> 0 || 1;
    return this.correlation;
  }

  private sendQuestion(correlation: number): void {
    const open = this.open.get(correlation);
    if (open === undefined) return;
    const { actor, question, trace, deadlineMs } = open;
    open.cancelWait?.();
    open.cancelWait = undefined;
    open.askedOf = this.routes.ownerOf(open.shard);
    const budgetMs = Math.max(0, Math.round(deadlineMs - this.clock.monotonic()));
    const ask = { type: 'ask', actor, question, replyTo: this.address, correlation, budgetMs, trace } as const;
    const refusal = this.publish(ask, open.askedOf);
    if (refusal === undefined) return;
    if (refusal.retry === 'never') this.fail(correlation, refusal);
    else this.waitForOwner(correlation);
  }

  /** Until somebody says that they own the shard; nobody may, so it is asked for again before long. */
  private waitForOwner(correlation: number): void {
    const open = this.open.get(correlation);
    if (open === undefined) return;
    open.cancelWait?.();
    open.cancelWait = this.clock.after(LOOK_AGAIN_MS, () => this.sendQuestion(correlation));
  }

  /**
   * Shards have new owners: they are asked at once what is still open, be it that it waited for them, or that the owner
   * before them took it and died. It may have done it, too: every question may be asked twice.
   */
  private moved(shards: readonly number[]): void {
    const moved = new Set(shards);
    for (const [correlation, { shard }] of this.open) if (moved.has(shard)) this.sendQuestion(correlation);
    for (const listener of this.movedListeners) listener(shards);
  }

  /** Why nothing was published: nobody owns the actor now, the bus is full, or it can never take this. */
  private publish(envelope: ActorEnvelope, owner: string | undefined): ParleyError | undefined {
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
    open?.cancelWait?.();
    open?.waiter.answered(answer);
  }

  private refused(refusal: Extract<EdgeEnvelope, { type: 'refusal' }>): void {
    const { correlation, error, sentence, retryAfterMs } = refusal;
    // Ownership moves: look again until the deadline.
    if (error === 'not_owner') this.waitForOwner(correlation);
    else this.fail(correlation, new ParleyError(error, { sentence, retryAfterMs }));
  }

  private fail(correlation: number, error: ParleyError): void {
    const open = this.open.get(correlation);
    this.open.delete(correlation);
    open?.cancelWait?.();
    open?.waiter.refused(error);
  }

  private sweepLater(): void {
    this.stopSweep = this.clock.after(SWEEP_MS, () => {
      const now = this.clock.monotonic();
      for (const [correlation, open] of this.open) {
        if (open.deadlineMs <= now) this.fail(correlation, new ParleyError('timeout'));
        // Placed anew, and not claimed yet: whoever is asked for it claims it first.
        else if (open.askedOf !== this.routes.ownerOf(open.shard)) this.sendQuestion(correlation);
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
