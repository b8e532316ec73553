/**
 * What the driver may do by itself with a request that failed: ask one more server, at once, when the connection broke or
 * the server said that it is overloaded, and the request is idempotent (the driver looks at that). Everything else, time-outs
 * above all, is the caller's to repeat.
 */
import { policies } from 'cassandra-driver';

const { RetryPolicy } = policies.retry;
type Decision = policies.retry.DecisionInfo;
/** The driver's own numbers: 0 throws the error, 1 tries again. */
const RETHROW = 0;
const RETRY = 1;

export class OneMoreServer extends RetryPolicy {
  override onRequestError(info: policies.retry.OperationInfo, _consistency: number, error: Error): Decision {
    const broken = (error as { isSocketError?: unknown }).isSocketError === true || 'code' in error;
    return info.nbRetry === 0 && broken ? nextServer() : rethrow();
  }

  override onUnavailable(): Decision {
    return rethrow();
  }

  override onReadTimeout(): Decision {
    return rethrow();
  }

  override onWriteTimeout(): Decision {
    return rethrow();
  }
}

// The declared types ask for a consistency in every decision; the driver keeps the request's own when there is none.
const rethrow = (): Decision => ({ decision: RETHROW }) as Decision;
const nextServer = (): Decision => ({ decision: RETRY, useCurrentHost: false }) as unknown as Decision;
