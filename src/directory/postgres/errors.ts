import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';

/**
 * What may be done about what the driver threw while nothing was committed: `again` at once (another transaction was in
 * the way), `reconnect` first (the connection or the server is gone), or tell the caller.
 */
export type Remedy = 'again' | 'reconnect' | 'tell';

/** Serialization failure, deadlock; unique and foreign keys, which a transaction at the same time may have broken. */
const CONFLICTS = ['40001', '40P01', '23505', '23503'];
/**
 * Shutdown, crash, still starting, idle too long, too many connections, idle too long in a transaction; and what a server
 * that is a standby now, or still, says of a write: what it answers next is the same, on this connection.
 */
const GONE = ['57P01', '57P02', '57P03', '57P05', '53300', '25P03', '25006'];
/** A feature that is not supported: of a standby, what is serializable. */
const UNSUPPORTED = '0A000';
const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
/** The driver's own sentences about a connection carry no code. */
const DRIVER =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout)/;

/** The server begins no serializable transaction: it is a standby. */
class StandbyError extends Error {}

/** What `begin` threw: there 0A000 is a standby's; anywhere else it is a programmer's error. */
export function fromBegin(thrown: unknown): unknown {
  return codeOf(thrown) === UNSUPPORTED ? new StandbyError('begin was refused', { cause: thrown }) : thrown;
}

export function remedyFor(thrown: unknown): Remedy {
  if (thrown instanceof ParleyError) return 'tell';
  const code = codeOf(thrown);
  if (CONFLICTS.includes(code)) return 'again';
  return isLost(thrown, code) ? 'reconnect' : 'tell';
}

function isLost(thrown: unknown, code: string): boolean {
  if (GONE.includes(code) || code.startsWith('08') || SOCKET.test(code)) return true;
  if (thrown instanceof StandbyError) return true;
  return thrown instanceof Error && DRIVER.test(thrown.message);
}

/** What the driver threw, in our words; a programmer's error as it is. */
export function fromPostgres(thrown: unknown): unknown {
  if (thrown instanceof ParleyError) return thrown;
  const code = codeOf(thrown);
  if (isLost(thrown, code)) return new ParleyError('unavailable', { cause: thrown });
  if (code === '57014') return new ParleyError('timeout', { cause: thrown });
  if (code === '53100') return new ParleyError('storage_full', { cause: thrown, retryAfterMs: RETRY_AFTER_MS.room });
  if (code === '40001' || code === '40P01')
    return new ParleyError('overloaded', { cause: thrown, retryAfterMs: RETRY_AFTER_MS.contention });
  return thrown;
}

/** The SQLSTATE, or the socket's code; empty when there is none. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
