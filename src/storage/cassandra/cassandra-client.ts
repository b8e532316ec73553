/**
 * One client of a Cassandra cluster: the driver, set up so that no request waits for ever, no compare-and-set is ever sent
 * twice behind the caller's back, and a server that is gone is found again within about a second of its return.
 */
import { Client, type ClientOptions, policies, type QueryOptions, types } from 'cassandra-driver';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { CassandraMetrics } from './cassandra-metrics.js';
import { guardControlConnection } from './control-connection.js';
import { reasonOf, toStoreError } from './driver-errors.js';
import { OneMoreServer } from './retry-policy.js';

/** PEM texts. Without `ca`, the authorities that Node knows. */
export interface CassandraTls {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface CassandraAddress {
  /** `host:port` each; one that answers is enough to find the others, which are asked at the first one's port. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly tls?: CassandraTls;
  /**
   * Whose majority decides: that of the local data centre (the default), or that of all of them. The same for every process
   * of a cluster: a majority of one kind need not meet one of the other.
   */
  readonly quorum?: 'local' | 'everywhere';
}

export interface Statement {
  readonly query: string;
  readonly params: unknown[];
}

const DEFAULT_PORT = 9042;
/** Of one request. What takes longer is in doubt; the driver goes on to drop a connection that answers nothing. */
export const REQUEST_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** When an idempotent request has had no answer for so long, another server is asked, too. */
const SPECULATE_AFTER_MS = 500;
const RECONNECT_MS = 100;
const RECONNECT_MAX_MS = 1_000;
/** Requests without an answer after which a connection counts as dead. */
const UNANSWERED_MAX = 16;
const HEARTBEAT_MS = 5_000;

export interface ClientDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CassandraMetrics;
}

/** Servers tell each other's addresses without a port: all of a cluster have the same. */
function portOf({ contactPoints }: CassandraAddress): number {
  const [, port] = /:(\d+)$/.exec(contactPoints[0] ?? '') ?? [];
  return port === undefined ? DEFAULT_PORT : Number(port);
}

function driverOptions(address: CassandraAddress, keyspace: string | undefined): ClientOptions {
  const { tls, credentials } = address;
  const { speculativeExecution, reconnection, retry } = {
    speculativeExecution: new policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(SPECULATE_AFTER_MS, 1),
    reconnection: new policies.reconnection.ExponentialReconnectionPolicy(RECONNECT_MS, RECONNECT_MAX_MS, false),
    retry: new OneMoreServer(),
  };
  return {
    contactPoints: [...address.contactPoints],
    protocolOptions: { port: portOf(address) },
    localDataCenter: address.localDataCenter,
    policies: { speculativeExecution, reconnection, retry },
    socketOptions: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      readTimeout: REQUEST_TIMEOUT_MS,
      defunctReadTimeoutThreshold: UNANSWERED_MAX,
    },
    pooling: { heartBeatInterval: HEARTBEAT_MS },
    ...(keyspace === undefined ? {} : { keyspace }),
    ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
    ...(tls === undefined
      ? {}
      : { sslOptions: { ca: tls.ca, cert: tls.certificate, key: tls.key, rejectUnauthorized: true } }),
  };
}

export class CassandraClient {
  private readonly driver: Client;
  private readonly deps: ClientDeps;
  private readonly plain: QueryOptions;
  private readonly serial: QueryOptions;
  private readonly conditional: QueryOptions;
  private open = true;

  private constructor(driver: Client, address: CassandraAddress, deps: ClientDeps) {
    const { consistencies } = types;
    const local = address.quorum !== 'everywhere';
    const consistency = local ? consistencies.localQuorum : consistencies.quorum;
    const serialConsistency = local ? consistencies.localSerial : consistencies.serial;
    this.driver = driver;
    this.deps = deps;
    this.plain = { prepare: true, logged: false, isIdempotent: true, consistency };
    this.serial = { prepare: true, isIdempotent: false, consistency: serialConsistency };
    this.conditional = { prepare: true, isIdempotent: false, consistency, serialConsistency };
  }

  /** Rejects with `unavailable`, and one sentence that names the address. */
  static async connect(
    address: CassandraAddress,
    keyspace: string | undefined,
    deps: ClientDeps,
  ): Promise<CassandraClient> {
    const driver = new Client(driverOptions(address, keyspace));
    guardControlConnection(driver, deps.logger);
    try {
      await driver.connect();
    } catch (cause) {
      await driver.shutdown().catch(() => undefined);
      const sentence = `Cassandra cannot be reached at ${address.contactPoints.join(', ')}: ${reasonOf(cause)}.`;
      throw new ParleyError('unavailable', { sentence, cause });
    }
    const client = new CassandraClient(driver, address, deps);
    client.watch();
    return client;
  }

  /** A read or an idempotent write at the majority. */
  run(statement: Statement): Promise<types.ResultSet> {
    return this.answer(() => this.driver.execute(statement.query, statement.params, this.plain));
  }

  /** Several idempotent writes as one request; atomic and one write of the commit log where they are of one partition. */
  runTogether(statements: readonly Statement[]): Promise<types.ResultSet> {
    return this.answer(() => this.driver.batch([...statements], this.plain));
  }

  /** All rows of a read at the majority, page by page. */
  async readAll(statement: Statement, pageRows: number): Promise<types.Row[]> {
    const rows: types.Row[] = [];
    for (let pageState: string | undefined; ; ) {
      const page = { ...this.plain, fetchSize: pageRows, ...(pageState === undefined ? {} : { pageState }) };
      const result = await this.answer(() => this.driver.execute(statement.query, statement.params, page));
      rows.push(...result.rows);
      pageState = result.pageState ?? undefined;
      if (pageState === undefined) return rows;
    }
  }

  /** A read of one partition that first finishes whatever compare-and-set is under way there. */
  async runSerialRead(statement: Statement): Promise<types.Row | undefined> {
    const result = await this.answer(() => this.driver.execute(statement.query, statement.params, this.serial));
    return result.first() ?? undefined;
  }

  /** Compare-and-set: whether it was applied, and if not, what the row holds. Sent once: a time-out is in doubt. */
  async runConditional(statement: Statement): Promise<{ readonly applied: boolean; readonly row: types.Row }> {
    const result = await this.answer(() => this.driver.execute(statement.query, statement.params, this.conditional));
    const row = result.first();
    return { applied: result.wasApplied(), row };
  }

  /** A change of the schema: sent to one server, once. */
  runSchema(query: string): Promise<types.ResultSet> {
    return this.answer(() => this.driver.execute(query, [], { readTimeout: SCHEMA_TIMEOUT_MS, isIdempotent: false }));
  }

  /** To which there is a connection now. */
  get servers(): number {
    return this.driver.getState().getConnectedHosts().length;
  }

  get closed(): boolean {
    return !this.open;
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.driver.shutdown();
  }

  private async answer<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    if (!this.open) throw new ParleyError('unavailable', { sentence: 'The message store is closed.' });
    this.deps.metrics.requested();
    try {
      return await request();
    } catch (cause) {
      const error = toStoreError(cause);
      if (error instanceof ParleyError) this.deps.metrics.failed(error.kind);
      throw error;
    }
  }

  private watch(): void {
    const { logger } = this.deps;
    this.driver.on('hostDown', (host: { address: string }) => {
      logger.warn({ address: host.address }, 'a server of Cassandra is down');
    });
    this.driver.on('hostUp', (host: { address: string }) => {
      logger.info({ address: host.address }, 'a server of Cassandra is up again');
    });
  }
}

/** Changes of the schema wait for the servers to agree. */
const SCHEMA_TIMEOUT_MS = 20_000;
