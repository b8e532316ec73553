import type { Client } from 'cassandra-driver';
import type { Logger } from '../../core/logger.js';

/** What is inside the driver's client and not among its types. */
interface ControlConnection {
  /** `hosts`: what is left to try, of a refresh that goes on. */
  _refresh(hosts?: unknown): Promise<void>;
}

/**
 * One refresh of the driver's control connection at a time, and none ends the process. Left alone, several run at once when a
 * server is lost in the middle of one: they set each other's connection to null, whose TypeError, from a timer, ends the process
 * (NODEJS-681, open in 4.10.0); and each leaves listeners of its own, so that the next loss starts even more of them.
 */
export function guardControlConnection(driver: Client, logger: Logger): void {
  const { controlConnection } = driver as unknown as { readonly controlConnection: ControlConnection };
  const refresh = controlConnection._refresh.bind(controlConnection);
  let underWay: Promise<void> | undefined;
  controlConnection._refresh = (hosts) => {
    if (hosts !== undefined) return refresh(hosts);
    underWay ??= refresh()
      .catch((err: unknown) => logger.warn({ err }, 'a refresh of the control connection failed'))
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };
}
