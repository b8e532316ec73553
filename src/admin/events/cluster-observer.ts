/**
 * Tells what changes in the registry, on the board and about who owns what, from how it was when it began. Looks once a second:
 * what changed and changed back meanwhile is not told.
 */
import type { OperationsAsker } from '../../cluster/operations/asker.js';
import type { Bus, Subscription } from '../../core/bus.js';
import type { Clock } from '../../core/clock.js';
import { every } from '../../core/every.js';
import type { Membership, NodeOrders, PlacementBoard, ProcessInfo } from '../../core/membership.js';
import type { BusEnvelope, ShardTerm } from '../../protocol/bus-messages.js';
import { CLUSTER_SUBJECT } from '../../protocol/bus-subjects.js';

const LOOK_MS = 1_000;
/** So many shards are named one by one. */
const NAMED_SHARDS = 5;

export interface ObserverDeps {
  readonly membership: Membership;
  readonly board: PlacementBoard | undefined;
  readonly asker: OperationsAsker;
  readonly bus: Bus<BusEnvelope>;
  readonly clock: Clock;
}

/** What is seen of the registry, the map and the orders. */
export const CHANGE_TYPES = [
  'process_joined',
  'process_left',
  'process_draining',
  'map_published',
  'coordinator_elected',
  'owner_changed',
  'orders_changed',
] as const;
export type TellChange = (type: (typeof CHANGE_TYPES)[number], subject: string, text: string) => void;

const rolesOf = ({ roles }: ProcessInfo): string => roles.join(', ');

export class ClusterObserver {
  private readonly deps: ObserverDeps;
  private readonly tell: TellChange;
  private processes: ReadonlyMap<string, ProcessInfo> = new Map();
  private mapVersion = 0;
  private coordinator = '';
  private orders = '';
  /** Shard → the highest term that somebody said they own it under. */
  private readonly terms = new Map<number, number>();
  /** Incarnation → shards that it owns newly. */
  private readonly claimed = new Map<string, ShardTerm[]>();
  private subscription: Subscription | undefined;
  private stopLooking: () => void = () => undefined;

  constructor(deps: ObserverDeps, tell: TellChange) {
    this.deps = deps;
    this.tell = tell;
  }

  /** Resolves when it knows how things are: from then on changes are told. */
  async start(): Promise<void> {
    const { bus, asker, board, clock } = this.deps;
    this.processes = this.living();
    this.seeBoard();
    if (board !== undefined) {
      for (const { answer } of (await asker.askAll({ shards: {} })).answers)
        for (const [at, shard] of (answer.shards?.shards ?? []).entries())
          this.terms.set(shard, Math.max(this.terms.get(shard) ?? 0, answer.shards?.terms?.[at] ?? 0));
      this.subscription = await bus.subscribe(CLUSTER_SUBJECT, (envelopes) => {
        for (const envelope of envelopes)
          if (envelope.type === 'owner') this.heard(envelope.incarnation, envelope.shards);
      });
    }
    this.stopLooking = every(clock, LOOK_MS, () => this.look());
  }

  stop(): void {
    this.subscription?.unsubscribe();
    this.stopLooking();
  }

  private living(): ReadonlyMap<string, ProcessInfo> {
    return new Map(this.deps.membership.processes().map((process) => [process.incarnation, process]));
  }

  private heard(incarnation: string, shards: readonly ShardTerm[]): void {
    const fresh = shards.filter(({ shard, term }) => term > (this.terms.get(shard) ?? 0));
    for (const { shard, term } of fresh) this.terms.set(shard, term);
    if (fresh.length > 0) this.claimed.set(incarnation, [...(this.claimed.get(incarnation) ?? []), ...fresh]);
  }

  private look(): void {
    this.seeProcesses();
    this.seeBoard();
    for (const [incarnation, shards] of this.claimed)
      this.tell('owner_changed', this.nameOf(incarnation), `It owns ${shardsText(shards)} now.`);
    this.claimed.clear();
  }

  private nameOf(incarnation: string): string {
    return this.processes.get(incarnation)?.name ?? incarnation;
  }

  private seeProcesses(): void {
    const before = this.processes;
    this.processes = this.living();
    for (const [incarnation, process] of this.processes) {
      const old = before.get(incarnation);
      if (old === undefined)
        this.tell('process_joined', process.name, `${incarnation} has joined as ${rolesOf(process)}.`);
      if (process.load.draining && !old?.load.draining)
        this.tell('process_draining', process.name, `${incarnation} gives away what it has.`);
    }
    for (const [incarnation, { name }] of before)
      if (!this.processes.has(incarnation)) this.tell('process_left', name, `${incarnation} has left.`);
  }

  /** The first look tells nothing. */
  private seeBoard(): void {
    const { board } = this.deps;
    if (board === undefined) return;
    this.seeOrders(board.orders());
    const map = board.placement();
    if (map === undefined || map.version === this.mapVersion) return;
    const { version, coordinator, nodes } = map;
    if (this.mapVersion > 0) {
      const text = `Version ${version} places the shards on ${nodes.length} nodes.`;
      this.tell('map_published', this.nameOf(coordinator), text);
      if (coordinator !== this.coordinator)
        this.tell('coordinator_elected', this.nameOf(coordinator), `${coordinator} places the shards now.`);
    }
    this.mapVersion = version;
    this.coordinator = coordinator;
  }

  private seeOrders({ weights, cordoned, draining, pinned }: NodeOrders): void {
    const orders = JSON.stringify({ weights, cordoned, draining, pinned });
    if (this.orders !== '' && orders !== this.orders) this.tell('orders_changed', '', `They are ${orders} now.`);
    this.orders = orders;
  }
}

function shardsText(shards: readonly ShardTerm[]): string {
  const [only] = shards;
  if (shards.length === 1 && only !== undefined) return `shard ${only.shard} (term ${only.term})`;
  const named = shards.slice(0, NAMED_SHARDS).map(({ shard, term }) => `${shard} (term ${term})`);
  const more = shards.length > NAMED_SHARDS ? ' …' : '';
  return `${shards.length} more shards, ${named.join(', ')}${more},`;
}
