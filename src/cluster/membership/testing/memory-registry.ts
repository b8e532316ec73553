/**
 * A registry in memory that the processes of one test or simulation share: membership and placement board as a real one has
 * them, with what can go wrong with one. Whoever cannot reach it keeps what it knew, and is missing for the others once its
 * time to live is over.
 */
import type { Clock } from '../../../core/clock.js';
import { ParleyError } from '../../../core/errors.js';
import {
  type Membership,
  NO_ORDERS,
  type NodeOrders,
  type Placement,
  type PlacementBoard,
  type ProcessInfo,
  type ProcessLoad,
} from '../../../core/membership.js';

const TTL_MS = 2_000;
const RENEW_MS = 500;

export interface MemoryRegistryOptions {
  /** The registry's own time. */
  readonly clock: Clock;
  /** How long a process that does not renew stays, milliseconds. Default 2,000. */
  readonly ttlMs?: number;
}

/** What one process sees of a MemoryRegistry. */
export interface RegistryLink extends Membership, PlacementBoard {
  /** Cuts the process off, or lets it reach the registry again. */
  setReachable(reachable: boolean): void;
}

export class MemoryRegistry {
  private readonly clock: Clock;
  private readonly ttlMs: number;
  private readonly links = new Set<Link>();
  private readonly registered = new Map<string, { info: ProcessInfo; renewedMs: number }>();
  private holder: Link | undefined;
  current: Placement | undefined;
  orders = NO_ORDERS;

  constructor({ clock, ttlMs = TTL_MS }: MemoryRegistryOptions) {
    this.clock = clock;
    this.ttlMs = ttlMs;
    this.sweepLater();
  }

  /** The incarnation that holds the lock of the election. */
  get coordinator(): string | undefined {
    return this.holder?.incarnation;
  }

  /** `clock`: the process's own; one that stands still renews nothing. */
  connect(clock: Clock): RegistryLink {
    return new Link(this, clock);
  }

  // ---- what links do ---------------------------------------------------------------------------------------------

  attach(link: Link): void {
    this.links.add(link);
  }

  detach(link: Link): void {
    this.links.delete(link);
  }

  register(info: ProcessInfo): void {
    const before = this.registered.get(info.incarnation);
    this.registered.set(info.incarnation, { info, renewedMs: this.clock.monotonic() });
    if (before === undefined) this.changed();
  }

  deregister(incarnation: string): void {
    if (this.registered.delete(incarnation)) this.changed();
  }

  infos(): ProcessInfo[] {
    return [...this.registered.values()].map(({ info }) => info);
  }

  isRegistered(incarnation: string): boolean {
    return this.registered.has(incarnation);
  }

  publish(next: Placement): boolean {
    if ((this.current?.version ?? 0) !== next.version - 1) return false;
    this.current = next;
    this.changed();
    return true;
  }

  resign(link: Link): void {
    if (this.holder !== link) return;
    this.holder = undefined;
    this.elect();
  }

  elect(): void {
    if (this.holder !== undefined) return;
    for (const link of this.links) {
      if (!link.isCandidate) continue;
      this.holder = link;
      link.elected(true);
      return;
    }
  }

  changed(): void {
    for (const link of this.links) link.refresh();
  }

  private sweepLater(): void {
    this.clock.after(RENEW_MS / 2, () => {
      this.sweep();
      this.sweepLater();
    });
  }

  private sweep(): void {
    const oldestMs = this.clock.monotonic() - this.ttlMs;
    const expired = [...this.registered].filter(([, { renewedMs }]) => renewedMs < oldestMs);
    for (const [incarnation] of expired) this.registered.delete(incarnation);
    if (this.holder !== undefined && !this.holder.hasSession) this.resign(this.holder);
    else this.elect();
    if (expired.length > 0) this.changed();
  }
}

class Link implements RegistryLink {
  private readonly registry: MemoryRegistry;
  private readonly clock: Clock;
  private readonly changeListeners = new Set<() => void>();
  private readonly placementListeners = new Set<() => void>();
  private reachable = true;
  private self: ProcessInfo | undefined;
  private seen: readonly ProcessInfo[] = [];
  private map: Placement | undefined;
  private ordered: NodeOrders = NO_ORDERS;
  private campaigner: ((elected: boolean) => void) | undefined;
  private believes = false;
  private stopRenewing: () => void = () => undefined;

  constructor(registry: MemoryRegistry, clock: Clock) {
    this.registry = registry;
    this.clock = clock;
    registry.attach(this);
    this.map = registry.current;
    this.ordered = registry.orders;
  }

  setReachable(reachable: boolean): void {
    this.reachable = reachable;
    if (!reachable) return this.elected(false);
    this.registry.resign(this);
    this.renew();
  }

  // ---- Membership ------------------------------------------------------------------------------------------------

  async join(self: ProcessInfo): Promise<void> {
    this.check();
    this.self = self;
    this.registry.register(self);
    this.refresh();
    this.renewLater();
  }

  report(load: ProcessLoad): void {
    if (this.self === undefined) return;
    this.self = { ...this.self, load };
    if (this.reachable) this.registry.register(this.self);
    if (this.reachable) this.seen = this.registry.infos();
  }

  processes(): readonly ProcessInfo[] {
    return this.seen;
  }

  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  async leave(): Promise<void> {
    this.stopRenewing();
    if (this.self !== undefined && this.reachable) this.registry.deregister(this.self.incarnation);
    this.self = undefined;
    this.campaigner = undefined;
    this.registry.resign(this);
    this.registry.detach(this);
  }

  // ---- PlacementBoard --------------------------------------------------------------------------------------------

  placement(): Placement | undefined {
    return this.map;
  }

  onPlacement(listener: () => void): () => void {
    this.placementListeners.add(listener);
    return () => this.placementListeners.delete(listener);
  }

  campaign(listener: (elected: boolean) => void): () => Promise<void> {
    this.campaigner = listener;
    this.registry.elect();
    return async () => {
      this.elected(false);
      this.campaigner = undefined;
      this.registry.resign(this);
    };
  }

  async publish(next: Placement): Promise<boolean> {
    this.check();
    return this.registry.publish(next);
  }

  orders(): NodeOrders {
    return this.ordered;
  }

  async changeOrders(change: (orders: NodeOrders) => NodeOrders): Promise<NodeOrders> {
    this.check();
    this.registry.orders = change(this.registry.orders);
    this.registry.changed();
    return this.registry.orders;
  }

  // ---- what the registry does ------------------------------------------------------------------------------------

  get incarnation(): string | undefined {
    return this.self?.incarnation;
  }

  get hasSession(): boolean {
    return this.self !== undefined && this.registry.isRegistered(this.self.incarnation);
  }

  get isCandidate(): boolean {
    return this.campaigner !== undefined && this.reachable && this.hasSession;
  }

  elected(elected: boolean): void {
    if (this.believes === elected) return;
    this.believes = elected;
    this.campaigner?.(elected);
  }

  refresh(): void {
    if (!this.reachable) return;
    const { seen, map } = this;
    this.seen = this.registry.infos();
    this.map = this.registry.current;
    this.ordered = this.registry.orders;
    if (seen.map(({ incarnation }) => incarnation).join() !== this.seen.map(({ incarnation }) => incarnation).join())
      for (const listener of this.changeListeners) listener();
    if (map?.version !== this.map?.version) for (const listener of this.placementListeners) listener();
  }

  private check(): void {
    if (!this.reachable) throw new ParleyError('unavailable', { sentence: 'The registry cannot be reached.' });
  }

  private renewLater(): void {
    this.stopRenewing = this.clock.after(RENEW_MS, () => {
      this.renew();
      this.renewLater();
    });
  }

  private renew(): void {
    if (!this.reachable || this.self === undefined) return;
    this.registry.register(this.self);
    this.refresh();
  }
}
