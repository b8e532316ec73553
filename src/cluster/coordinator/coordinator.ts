/**
 * Places the shards while this process is elected: looks at the registry and at the heartbeats, decides, publishes. Every
 * node runs one, so that each has heard the heartbeats of the others when it is elected; it stands for election while it
 * hears its own, and those of half of the nodes. Two that believe in themselves cost time at worst: the board lets one map
 * through, and the store decides who owns what.
 */
import type { Bus, Subscription } from '../../core/bus.js';
import type { Clock } from '../../core/clock.js';
import { every } from '../../core/every.js';
import type { Logger } from '../../core/logger.js';
import type { Membership, PlacementBoard } from '../../core/membership.js';
import type { Counter, Metrics } from '../../core/metrics.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { CLUSTER_SUBJECT } from '../../protocol/bus-subjects.js';
import { Heartbeats } from '../heartbeats.js';
import { COORDINATOR_OPTIONS, type CoordinatorOptions, CoordinatorState, hearsFew } from './decide.js';

const LOOK_MS = 100;
/** Without its own heartbeats for so long it is not elected: it could call nobody silent, and another may hear them. */
const DEAF_MS = 5_000;
/** The same with fewer than half of the nodes: it may call none of them gone, and another may hear more. */
const HEARS_FEW_MS = 10_000;

export interface CoordinatorDeps {
  /** The incarnation of this process. */
  readonly incarnation: string;
  readonly membership: Membership;
  readonly board: PlacementBoard;
  readonly bus: Bus<BusEnvelope>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where they differ from COORDINATOR_OPTIONS. */
  readonly options?: Partial<CoordinatorOptions>;
}

export class Coordinator {
  private readonly deps: CoordinatorDeps;
  private readonly options: CoordinatorOptions;
  private readonly heartbeats: Heartbeats;
  private readonly published: Counter;
  private state: CoordinatorState;
  private elected = false;
  private publishing = false;
  private unsureUntilMs = Number.NEGATIVE_INFINITY;
  private heardHalfMs: number;
  private subscription: Subscription | undefined;
  private stopLooking: () => void = () => undefined;
  /** Undefined while it does not stand for election. */
  private withdraw: (() => Promise<void>) | undefined;
  private withdrawing: Promise<void> | undefined;

  constructor(deps: CoordinatorDeps) {
    this.deps = deps;
    this.options = { ...COORDINATOR_OPTIONS, ...deps.options };
    this.heartbeats = new Heartbeats(deps.incarnation, deps.clock);
    this.state = new CoordinatorState(this.options);
    this.heardHalfMs = deps.clock.monotonic();
    this.published = deps.metrics.counter('parley_placements_published_total', 'Maps published by this process');
    deps.metrics.gauge('parley_coordinator', 'Whether this process places the shards', () => (this.elected ? 1 : 0));
  }

  async start(): Promise<void> {
    const { bus, clock } = this.deps;
    this.subscription = await bus.subscribe(CLUSTER_SUBJECT, (envelopes) => this.hear(envelopes));
    this.stopLooking = every(clock, LOOK_MS, () => {
      this.standOrWithdraw();
      this.look();
    });
  }

  async stop(): Promise<void> {
    this.elected = false;
    this.subscription?.unsubscribe();
    this.stopLooking();
    this.withdrawing ??= this.withdraw?.();
    await this.withdrawing;
  }

  private standOrWithdraw(): void {
    const { board, logger } = this.deps;
    const reason = this.unfit();
    if (reason === undefined) this.withdraw ??= board.campaign((elected) => this.onElected(elected));
    if (reason === undefined || this.withdraw === undefined || this.withdrawing !== undefined) return;
    logger.warn({}, `${reason}: another process is to place the shards`);
    this.withdrawing = this.withdraw().finally(() => {
      this.withdraw = undefined;
      this.withdrawing = undefined;
    });
  }

  /** Why it does not stand for election. */
  private unfit(): string | undefined {
    if (!this.heartbeats.heardItselfWithin(DEAF_MS)) return 'does not hear itself on the bus';
    const nowMs = this.deps.clock.monotonic();
    if (!hearsFew(this.registered(), this.heartbeats)) this.heardHalfMs = nowMs;
    return nowMs - this.heardHalfMs < HEARS_FEW_MS ? undefined : 'hears fewer than half of the nodes on the bus';
  }

  /** Nodes of the map that are registered. */
  private registered(): readonly string[] {
    const { membership, board } = this.deps;
    const live = new Set(membership.processes().map(({ incarnation }) => incarnation));
    return (board.placement()?.nodes ?? []).filter((node) => live.has(node));
  }

  private onElected(elected: boolean): void {
    const { clock, logger } = this.deps;
    if (elected === this.elected) return;
    this.elected = elected;
    logger.info({ elected }, 'the election of the coordinator');
    this.state = new CoordinatorState(this.options);
    // It lost the registry for a while: what it says now may still be filling up.
    if (!elected) this.unsureUntilMs = clock.monotonic() + this.options.holdDownUnsureMs;
  }

  private hear(envelopes: readonly BusEnvelope[]): void {
    for (const envelope of envelopes)
      if (envelope.type === 'heartbeat') this.heartbeats.note(envelope.incarnation, envelope.storeReachable);
  }

  private look(): void {
    if (!this.elected || this.publishing) return;
    const { membership, board, clock } = this.deps;
    const nowMs = clock.monotonic();
    const placement = board.placement();
    const next = this.state.decide({
      nowMs,
      placement,
      nodes: membership.processes().filter(({ roles }) => roles.includes('node')),
      health: this.heartbeats,
      orders: board.orders(),
      unsure: nowMs < this.unsureUntilMs,
    });
    if (next !== undefined) void this.publish({ ...next, version: (placement?.version ?? 0) + 1 });
  }

  private async publish(next: { version: number; nodes: readonly string[]; shards: Int16Array }): Promise<void> {
    const { board, incarnation, logger } = this.deps;
    this.publishing = true;
    try {
      if (await board.publish({ ...next, coordinator: incarnation })) this.tellPublished(next);
      else logger.info({ version: next.version }, 'another map came first');
    } catch (cause) {
      logger.warn({ err: cause, version: next.version }, 'a map may not have been published');
    }
    this.publishing = false;
  }

  private tellPublished({ version, nodes }: { version: number; nodes: readonly string[] }): void {
    this.published.add();
    this.deps.logger.info({ version, nodes }, 'published a map');
  }
}
