import { type BackoffSpan, backoffMs } from '../core/backoff.js';
import { type Clock, sleep } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';

const AGAIN: BackoffSpan = { firstMs: 250, mostMs: 5_000 };

/**
 * Opens what a process of a cluster needs, again and again while it is `unavailable` or slow, with a pause that grows to
 * 5 s. Each reason is logged once, as a sentence. `waitsFor` hears the name at each attempt, and undefined once it is open. Anything else (another cluster, a newer schema, a wrong option) is final.
 */
export async function patiently<Opened>(
  name: string,
  open: () => Promise<Opened>,
  deps: { readonly clock: Clock; readonly logger: Logger; readonly waitsFor: (name: string | undefined) => void },
): Promise<Opened> {
  let said = '';
  for (let failures = 0; ; failures++) {
    deps.waitsFor(name);
    try {
      const opened = await open();
      deps.waitsFor(undefined);
      return opened;
    } catch (error) {
      if (!(error instanceof ParleyError) || (error.kind !== 'unavailable' && error.kind !== 'timeout')) throw error;
      if (error.message !== said) deps.logger.warn({ server: name }, `${error.message} It is tried again.`);
      said = error.message;
    }
    await sleep(deps.clock, backoffMs(AGAIN, failures));
  }
}
