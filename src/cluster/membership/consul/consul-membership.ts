/**
 * Membership and placement board on Consul. Under `parley/<cluster>/`: `processes/<incarnation>` (held by its session),
 * `board/coordinator` (the lock of the election), `board/placement` (the map) and `board/orders` (operators'), both by
 * check-and-set, `board/notice` (operators', the last one wins), and `identity`. Consul is for
 * finding and noticing only: while it is away, everybody keeps what they knew.
 */
import type { Clock } from '../../../core/clock.js';
import { ParleyError } from '../../../core/errors.js';
import { SHARD_COUNT } from '../../../core/ids.js';
import type { Logger } from '../../../core/logger.js';
import {
  type Membership,
  NO_ORDERS,
  type NodeOrders,
  type Placement,
  type PlacementBoard,
  type ProcessInfo,
  type ProcessLoad,
} from '../../../core/membership.js';
import type { Metrics } from '../../../core/metrics.js';
import { type NoticeBoard, noticeOf, type StandingNotice } from '../../../core/notice.js';
import type { Random } from '../../../core/random.js';
import { RETRY_AFTER_MS } from '../../../core/retry-after.js';
import { ConsulHttp, type KeyValue } from './consul-http.js';
import { Election } from './election.js';
import { decodeOrders, decodePlacement, decodeProcess, encodePlacement } from './encoding.js';
import { Registration } from './registration.js';
import { Watch } from './watch.js';

export interface ConsulOptions {
  /** `http://127.0.0.1:8500`, an agent that this process may register at. */
  readonly address: string;
  readonly token?: string | undefined;
  /** Letters, digits and dashes. Clusters of different names do not see each other. */
  readonly cluster: string;
  /** Loads change all the time: the other processes are looked at at most so often, milliseconds. Default 250. */
  readonly lookEveryMs?: number;
  /** The own load is told at most so often, milliseconds. Default 1,000. */
  readonly reportEveryMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const CLUSTER = /^[A-Za-z0-9-]{1,64}$/;
const BOARD_PAUSE_MS = 20;
const CHANGE_ATTEMPTS = 10;
const LOOK_EVERY_MS = 250;
const REPORT_EVERY_MS = 1_000;

export class ConsulMembership implements Membership, PlacementBoard, NoticeBoard {
  private readonly options: ConsulOptions;
  private readonly http: ConsulHttp;
  private readonly root: string;
  private readonly board: Watch;
  private readonly others: Watch;
  private readonly changeListeners = new Set<() => void>();
  private readonly placementListeners = new Set<() => void>();
  private readonly noticeListeners = new Set<() => void>();
  private readonly elections = new Set<Election>();
  private registration: Registration | undefined;
  private known: readonly ProcessInfo[] = [];
  private map: Placement | undefined;
  /** For the check-and-set of the map; 0: there is none. */
  private mapIndex = 0;
  private standing: StandingNotice | undefined;
  private ordered: NodeOrders = NO_ORDERS;
  /** For the check-and-set of the orders; 0: there are none. */
  private ordersIndex = 0;
  private isReachable = false;

  /** Connects to nothing yet: `join` does. */
  constructor(options: ConsulOptions, http = new ConsulHttp(options.address, options.token)) {
    if (!CLUSTER.test(options.cluster))
      throw new ParleyError('invalid_argument', { sentence: "A cluster's name is letters, digits and dashes." });
    this.options = options;
    const { cluster, clock, random, logger, metrics } = options;
    this.http = http;
    this.root = `parley/${cluster}/`;
    const shared = { http: this.http, clock, random, logger };
    this.board = new Watch({
      ...shared,
      prefix: `${this.root}board/`,
      pauseMs: BOARD_PAUSE_MS,
      onEntries: (entries) => this.seeBoard(entries),
      onReachable: (reachable) => this.reached(reachable),
    });
    this.others = new Watch({
      ...shared,
      prefix: `${this.root}processes/`,
      pauseMs: options.lookEveryMs ?? LOOK_EVERY_MS,
      onEntries: (entries) => this.seeProcesses(entries),
      onReachable: () => undefined,
    });
    metrics.gauge('parley_registry_reachable', 'Whether Consul answers', () => (this.isReachable ? 1 : 0));
    metrics.gauge('parley_processes', 'Live processes of the cluster', () => this.known.length);
  }

  /** Whether Consul answered when it was last asked; for readiness at the start. */
  get reachable(): boolean {
    return this.isReachable;
  }

  // ---- Membership ------------------------------------------------------------------------------------------------

  async join(self: ProcessInfo): Promise<void> {
    await this.checkIdentity();
    const { cluster, clock, logger, reportEveryMs = REPORT_EVERY_MS } = this.options;
    const registration = new Registration(self, {
      ...{ http: this.http, cluster, clock, logger, reportEveryMs },
      prefix: `${this.root}processes/`,
    });
    try {
      await registration.start();
      this.registration = registration;
      await this.board.lookNow();
      await this.others.lookNow();
    } catch (cause) {
      // Else the next attempt would be refused the key that this one holds.
      this.registration = undefined;
      await registration.stop();
      throw cause;
    }
    this.isReachable = true;
    this.board.start();
    this.others.start();
  }

  report(load: ProcessLoad): void {
    this.registration?.report(load);
  }

  processes(): readonly ProcessInfo[] {
    return this.known;
  }

  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  async leave(): Promise<void> {
    this.board.stop();
    this.others.stop();
    await this.registration?.stop();
  }

  /** As if the process had died. For tests. */
  async abandon(): Promise<void> {
    this.board.stop();
    this.others.stop();
    await this.registration?.abandon();
  }

  /** The first process of a cluster writes down what every other must agree with. */
  private async checkIdentity(): Promise<void> {
    const key = `/v1/kv/${this.root}identity`;
    const { cluster } = this.options;
    await this.http.put(`${key}?cas=0`, JSON.stringify({ cluster, shardCount: SHARD_COUNT }));
    const text = await this.http.text(`${key}?raw=true`);
    const identity = JSON.parse(text) as { cluster?: unknown; shardCount?: unknown };
    if (identity.cluster === cluster && identity.shardCount === SHARD_COUNT) return;
    const sentence = `The cluster at ${this.options.address} is ${String(identity.cluster)} with ${String(identity.shardCount)} shards; this process is of ${cluster} with ${SHARD_COUNT}.`;
    throw new ParleyError('conflict', { sentence });
  }

  private seeProcesses(entries: readonly KeyValue[]): void {
    const before = this.known;
    this.registration?.seen(entries);
    this.known = entries.flatMap(({ value, session }) => (session === undefined ? [] : (decodeProcess(value) ?? [])));
    const changed = identities(before) !== identities(this.known);
    if (changed) for (const listener of this.changeListeners) listener();
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
    const self = () => ({
      session: this.registration?.session,
      incarnation: this.registration?.info.incarnation ?? '',
    });
    const { clock, logger } = this.options;
    const key = `${this.root}board/coordinator`;
    const election = new Election({ http: this.http, key, self, listener, clock, logger });
    this.elections.add(election);
    void this.board.lookNow().catch(() => undefined);
    return async () => {
      this.elections.delete(election);
      await election.stop();
    };
  }

  async publish(next: Placement): Promise<boolean> {
    if ((this.map?.version ?? 0) !== next.version - 1) return false;
    const path = `/v1/kv/${this.root}board/placement?cas=${this.mapIndex}`;
    const taken = (await this.http.put(path, encodePlacement(next))).trim() === 'true';
    await this.board.lookNow();
    return taken;
  }

  orders(): NodeOrders {
    return this.ordered;
  }

  async changeOrders(change: (orders: NodeOrders) => NodeOrders): Promise<NodeOrders> {
    for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt++) {
      await this.board.lookNow();
      const next = change(this.ordered);
      const path = `/v1/kv/${this.root}board/orders?cas=${this.ordersIndex}`;
      if ((await this.http.put(path, JSON.stringify(next))).trim() !== 'true') continue;
      await this.board.lookNow();
      return next;
    }
    throw new ParleyError('unavailable', {
      sentence: 'Others change the orders all the time.',
      retryAfterMs: RETRY_AFTER_MS.contention,
    });
  }

  private seeBoard(entries: readonly KeyValue[]): void {
    const coordinator = entries.find(({ key }) => key === 'coordinator');
    for (const election of this.elections) election.seen(coordinator);
    const orders = entries.find(({ key }) => key === 'orders');
    this.ordersIndex = orders?.modifyIndex ?? 0;
    this.ordered = orders === undefined ? NO_ORDERS : decodeOrders(orders.value);
    this.seeNotice(entries.find(({ key }) => key === 'notice'));
    const entry = entries.find(({ key }) => key === 'placement');
    this.mapIndex = entry?.modifyIndex ?? 0;
    const map = entry === undefined ? undefined : decodePlacement(entry.value);
    // A registry that lost its data has no map: the one that was known stays until there is another.
    if (map === undefined || (map.version === this.map?.version && map.coordinator === this.map.coordinator)) return;
    this.map = map;
    for (const listener of this.placementListeners) listener();
  }

  // ---- NoticeBoard -----------------------------------------------------------------------------------------------

  notice(): StandingNotice | undefined {
    return this.standing;
  }

  onNotice(listener: () => void): () => void {
    this.noticeListeners.add(listener);
    return () => this.noticeListeners.delete(listener);
  }

  async setNotice(next: StandingNotice | undefined): Promise<void> {
    await this.http.put(`/v1/kv/${this.root}board/notice`, next === undefined ? '' : JSON.stringify(next));
    await this.board.lookNow();
  }

  private seeNotice(entry: KeyValue | undefined): void {
    const notice = noticeOf(entry?.value ?? '');
    if (notice?.id === this.standing?.id) return;
    this.standing = notice;
    for (const listener of this.noticeListeners) listener();
  }

  private reached(reachable: boolean): void {
    this.isReachable = reachable;
    if (!reachable) for (const election of this.elections) election.unreachable();
  }
}

function identities(processes: readonly ProcessInfo[]): string {
  return processes
    .map(({ load: _load, ...identity }) => JSON.stringify(identity))
    .sort()
    .join();
}
