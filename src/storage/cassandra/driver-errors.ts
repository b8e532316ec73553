/** What the driver throws, in the words of the ports: `timeout` and `unavailable` both leave a write in doubt. */
import { errors, types } from 'cassandra-driver';
import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';

const CAS_WRITE_UNKNOWN = 0x1700;
const { responseErrorCodes: CODES } = types;

const TIMED_OUT: ReadonlySet<number> = new Set([CODES.readTimeout, CODES.writeTimeout, CAS_WRITE_UNKNOWN]);
/** Of the server's refusals those that another time, or another server, may not repeat. */
const UNAVAILABLE: ReadonlySet<number> = new Set([
  CODES.serverError,
  CODES.unavailableException,
  CODES.overloaded,
  CODES.unauthorized,
  CODES.isBootstrapping,
  CODES.readFailure,
  CODES.writeFailure,
]);

const FAULTS_OF_THE_PROGRAM = [TypeError, RangeError, errors.ArgumentError, errors.NotSupportedError];

const isTimeout = (cause: unknown): boolean =>
  cause instanceof errors.OperationTimedOutError ||
  (cause instanceof errors.ResponseError && TIMED_OUT.has(cause.code));

/** What its user may not do there, until an operator grants it. */
export const isForbidden = ({ cause }: ParleyError): boolean =>
  cause instanceof errors.ResponseError && cause.code === CODES.unauthorized;

/** Anything else the server or the driver refuses is a fault of the program, and stays what it is. */
export function toStoreError(cause: unknown): unknown {
  if (cause instanceof ParleyError) return cause;
  if (isTimeout(cause)) return timedOut(cause);
  if (cause instanceof errors.NoHostAvailableError) {
    const inner = Object.values<unknown>(cause.innerErrors ?? {});
    if (inner.some(isTimeout)) return timedOut(cause);
    return unavailable(`Cassandra cannot be reached: ${reasonOf(cause)}.`, cause);
  }
  if (isRefusedForNow(cause)) return unavailable(`Cassandra is not available: ${reasonOf(cause)}.`, cause);
  return cause;
}

const timedOut = (cause: unknown): ParleyError =>
  new ParleyError('timeout', {
    sentence: 'Cassandra did not answer in time.',
    cause,
    retryAfterMs: RETRY_AFTER_MS.slow,
  });

const unavailable = (sentence: string, cause: unknown): ParleyError =>
  new ParleyError('unavailable', { sentence, cause, retryAfterMs: RETRY_AFTER_MS.away });

/** Besides the server's refusals whatever else goes wrong between here and there: the driver has no class for most of that. */
function isRefusedForNow(cause: unknown): boolean {
  if (cause instanceof errors.ResponseError) return UNAVAILABLE.has(cause.code) || isUnknownYet(cause);
  return cause instanceof Error && !FAULTS_OF_THE_PROGRAM.some((kind) => cause instanceof kind);
}

/** The driver's own reason, the innermost where it tried several servers. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof errors.NoHostAvailableError) {
    const inner = Object.values<unknown>(cause.innerErrors ?? {}).find((error) => error !== null);
    if (inner !== undefined) return reasonOf(inner);
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/\.$/, '');
}

/** The server knows no such keyspace or table: another server made it, and this one hears of it in a moment. */
const isUnknownYet = (cause: errors.ResponseError): boolean =>
  cause.code === CODES.invalid && /\b(?:does not|doesn't) exist|unconfigured table/i.test(cause.message);
