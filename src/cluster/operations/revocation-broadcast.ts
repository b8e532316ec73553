import type { Bus } from '../../core/bus.js';
import type { UserId } from '../../core/ids.js';
import type { Logger } from '../../core/logger.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { OPERATIONS_SUBJECT } from '../../protocol/bus-subjects.js';
import { Long } from '../../protocol/wire.js';

export interface BroadcastDeps {
  readonly bus: Bus<BusEnvelope>;
  readonly logger: Logger;
}

/**
 * Tells all processes that check access tokens which devices were logged out. At most once; returns at once and never
 * throws: nothing waits for a process that is silent. Who does not hear it takes such a token until it expires.
 */
export function revocationBroadcast({ bus, logger }: BroadcastDeps) {
  return (userId: UserId, devices: readonly string[] | 'all', atMs: number): void => {
    const which = devices === 'all' ? { all: true } : { deviceIds: [...devices] };
    const question = { revoked: { userId, ...which, atMs: Long.fromNumber(atMs, true) } };
    try {
      bus.publish(OPERATIONS_SUBJECT, [{ type: 'operations_ask', replyTo: '', correlation: 0, question }]);
    } catch (cause) {
      logger.warn(
        { err: cause },
        'other processes do not hear of a logout, and take its access token until it expires',
      );
    }
  };
}
