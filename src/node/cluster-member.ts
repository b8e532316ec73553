/** What every process of a cluster has: the bus, the registry with the map, the routes, and the way to the actors. */
import { hostname } from 'node:os';
import { NatsBus } from '../cluster/bus/nats/nats-bus.js';
import { ClusterRoutes } from '../cluster/cluster-routes.js';
import { EdgeLink } from '../cluster/edge-link.js';
import { ConsulMembership } from '../cluster/membership/consul/consul-membership.js';
import { OperationsDesk } from '../cluster/operations/desk.js';
import { EventReporter } from '../cluster/operations/event-reporter.js';
import type { ProcessOperations } from '../cluster/operations/process-operations.js';
import { systemClock as clock } from '../core/clock.js';
import { every } from '../core/every.js';
import type { TellHappening } from '../core/happenings.js';
import type { Logger } from '../core/logger.js';
import type { ProcessInfo, ProcessLoad } from '../core/membership.js';
import { systemRandom as random, randomName } from '../core/random.js';
import { BusSilence, LOOK_EVERY_MS as LISTEN_EVERY_MS } from './bus-silence.js';
import type { ReadableMetrics } from './metrics.js';
import { serveOperations } from './operations-server.js';
import type { Role } from './option-spec.js';
import type { Options } from './option-table.js';
import { patiently } from './patiently.js';
import { processReport } from './process-report.js';
import { natsAccess } from './server-access.js';
import { Teardown } from './teardown.js';
import { eventLoopDelayReader } from './telemetry.js';

const LOAD_REPORT_MS = 1_000;
/**
 * Of the registry, milliseconds. Everybody who looks is sent all processes whenever one of them tells its load, so as many
 * answers as processes squared: nodes look often, to take over what a dead one had; gateways tell their load often, since
 * logins go by it (one of more than 5 s ago does not count).
 */
const LOOK_EVERY_MS = { node: 250, other: 1_000 };
const REPORT_EVERY_MS = { gateway: 1_000, other: 4_000 };
const NO_LOAD: ProcessLoad = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };

/** What a role's start resolves to. */
export interface Started {
  readonly port: number;
  /** Where operators connect, of the role `admin`. */
  readonly adminAddress?: string | undefined;
}

/**
 * Addresses are alike on many machines: `--host` is where a process listens. The name stands in addresses of Consul's API,
 * which have neither spaces nor letters beyond ASCII.
 */
export function defaultName(role: Role, { host, port }: Pick<Options, 'host' | 'port'>, machine: string): string {
  const own = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host) ? machine : `${machine}-${host}`;
  return `${role}-${own}-${port}`.replace(/[^\w.-]+/g, '-');
}

/** One process of a cluster, as far as all roles are alike. */
export class ClusterMember {
  readonly options: Options;
  readonly role: Role;
  readonly logger: Logger;
  readonly metrics: ReadableMetrics;
  readonly teardown: Teardown;
  readonly name: string;
  readonly incarnation: string;
  readonly membership: ConsulMembership;
  readonly bus: NatsBus;
  readonly routes: ClusterRoutes;
  readonly edge: EdgeLink;
  readonly silence: BusSilence;
  /** Tells operators. */
  readonly happened: TellHappening;
  private desk: OperationsDesk | undefined;
  private waiting: string | undefined = 'the start';
  private draining = false;
  /** What else keeps this role from serving; undefined: nothing. */
  ownReason: () => string | undefined = () => undefined;
  private readLoad: () => Partial<ProcessLoad> = () => ({});

  constructor(role: Role, options: Options, logger: Logger, metrics: ReadableMetrics) {
    this.options = options;
    this.role = role;
    this.logger = logger;
    this.metrics = metrics;
    this.teardown = new Teardown(logger);
    this.name = options.name || defaultName(role, options, hostname());
    this.incarnation = `${this.name}-${clock.now().toString(36)}${randomName(random, 4)}`;
    const { cluster, consul, consulToken } = options;
    this.membership = new ConsulMembership({
      ...{ cluster, clock, random, logger, metrics },
      lookEveryMs: role === 'node' ? LOOK_EVERY_MS.node : LOOK_EVERY_MS.other,
      reportEveryMs: role === 'gateway' ? REPORT_EVERY_MS.gateway : REPORT_EVERY_MS.other,
      address: consul.includes('://') ? consul : `http://${consul}`,
      token: consulToken || undefined,
    });
    const onReconnected = (): void => this.routes.reconnected();
    this.bus = new NatsBus({
      ...natsAccess(options),
      ...{ cluster, clock, logger, metrics, name: this.name, onReconnected },
    });
    const { bus, membership } = this;
    this.routes = new ClusterRoutes({ bus, board: membership, membership, clock });
    this.edge = new EdgeLink(bus, this.routes, clock, this.incarnation);
    this.silence = new BusSilence(clock, () => this.routes.lastHeardMs);
    this.happened = new EventReporter({ bus, incarnation: this.incarnation, clock, logger }).tell;
  }

  /** Why it cannot serve now, for those who ask; undefined when it can. */
  notReady(): string | undefined {
    if (this.teardown.started || this.draining) return 'draining';
    if (this.waiting !== undefined) return `waits for ${this.waiting}`;
    return this.bus.connected ? this.ownReason() : 'NATS is not connected';
  }

  async serveOperations(host: string, port: number): Promise<number> {
    const operations = await serveOperations(this.metrics, { host, port }, { notReady: () => this.notReady() });
    this.teardown.add('operations', async () => void operations.server.close());
    return operations.port;
  }

  /** Opens what this role needs beside the bus and the registry; see `patiently`. */
  open<Opened>(name: string, open: () => Promise<Opened>): Promise<Opened> {
    const waitsFor = (server: string | undefined): void => {
      this.waiting = server ?? 'the rest of the start';
    };
    return patiently(name, open, { clock, logger: this.logger, waitsFor });
  }

  async connectBus(): Promise<void> {
    await this.open('NATS', () => this.bus.open());
    this.teardown.add('bus', () => this.bus.close());
    await this.routes.start();
    await this.edge.start();
    every(clock, LISTEN_EVERY_MS, () => this.silence.look());
  }

  /** Registers. `publicUrl`: what clients are told, for gateways. */
  async join(more: Partial<Pick<ProcessInfo, 'publicUrl' | 'weight'>>): Promise<void> {
    const { name, incarnation, role, options, membership } = this;
    const self = {
      name,
      incarnation,
      roles: [role],
      zone: options.zone,
      publicUrl: undefined,
      weight: 0,
      load: NO_LOAD,
    };
    await this.open('Consul', () => membership.join({ ...self, ...more }));
    // Operators are answered until it has nothing left.
    this.teardown.add('registry', () => membership.leave().finally(() => this.desk?.stop()));
  }

  /** Answers operators, with what this role knows beside what all do. */
  answerOperators(more: Omit<ProcessOperations, 'report'>): Promise<void> {
    const { membership, incarnation, bus, logger } = this;
    const operations = { report: processReport(membership, incarnation), ...more };
    this.desk = new OperationsDesk({ incarnation, bus, operations, logger });
    return this.desk.start();
  }

  /** From here on it serves, and says how busy it is. */
  ready(readLoad: () => Partial<ProcessLoad> = () => ({})): void {
    this.waiting = undefined;
    this.readLoad = readLoad;
    const eventLoopDelayMs = eventLoopDelayReader();
    const report = (): void => {
      this.report(eventLoopDelayMs());
      clock.after(LOAD_REPORT_MS, report);
    };
    report();
  }

  /** Says to everybody that it goes, so that nothing new is sent here. */
  beginDrain(): void {
    this.draining = true;
    this.report(0);
  }

  private report(eventLoopDelayMs: number): void {
    const { draining, membership } = this;
    membership.report({
      ...NO_LOAD,
      eventLoopDelayMs,
      ...this.readLoad(),
      ...(draining ? { draining } : {}),
      at: clock.now(),
    });
  }
}
