import pg from 'pg';
import { LIMITS } from '../../core/limits.js';
import { type Logger, silentLogger } from '../../core/logger.js';
import { type Metrics, noMetrics } from '../../core/metrics.js';

/** Of one process: a database of PostgreSQL's usual 100 serves nine of them. */
const CONNECTIONS_MAX = 10;
const IDLE_MS = 30_000;

interface PoolOptions {
  readonly url: string;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** Of a statement at the server, and of a wait for a connection. */
  readonly deadlineMs?: number;
  /** Of an answer, whose server may be gone without a word; none when absent. */
  readonly answerDeadlineMs?: number;
  /** What the server's list of connections shows. */
  readonly name?: string;
}

/** Connections to PostgreSQL, made when they are needed: the loss of one fails the query that uses it, and nothing else. */
export function openPool(options: PoolOptions): pg.Pool {
  const { url, logger = silentLogger, metrics = noMetrics, deadlineMs = LIMITS.directoryDeadlineMs } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    idleTimeoutMillis: IDLE_MS,
    connectionTimeoutMillis: deadlineMs,
    application_name: options.name ?? 'parley',
    statement_timeout: deadlineMs,
    ...(options.answerDeadlineMs === undefined ? {} : { query_timeout: options.answerDeadlineMs }),
    idle_in_transaction_session_timeout: 2 * deadlineMs,
    keepAlive: true,
    options: '-c synchronous_commit=on',
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // Told of the loss of one in use as well; whoever uses it learns it from their query.
  pool.on('connect', (client) => client.on('error', (error) => logger.debug({ err: error }, 'a connection failed')));
  // An idle connection was lost: the pool has dropped it already, and makes a new one when it needs it.
  pool.on('error', (error) => logger.warn({ err: error }, 'a connection to PostgreSQL was lost'));
  metrics.gauge('parley_directory_connections', 'Open connections to PostgreSQL.', () => pool.totalCount);
  metrics.gauge('parley_directory_waiting', 'Calls that wait for a connection to PostgreSQL.', () => pool.waitingCount);
  return pool;
}

/** Times and counts are `bigint`, all below 2^53. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}
