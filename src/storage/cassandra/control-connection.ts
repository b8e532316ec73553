import type { Client } from 'cassandra-driver';
import type { Logger } from '../../core/logger.js';

/** What is inside the driver's client and not among its types. */
interface ControlConnection {
  _refresh(...args: readonly unknown[]): Promise<void>;
}

/**
 * Two refreshes of the driver's control connection may run at once, when a server is lost in the middle of one; the first then
 * meets a connection that the second has set to null, and its TypeError, from a timer, ends the process (NODEJS-681, open in
 * 4.10.0). The second goes on by itself, so the first one's failure is only noted.
 */
export function guardControlConnection(driver: Client, logger: Logger): void {
  const { controlConnection } = driver as unknown as { readonly controlConnection: ControlConnection };
  const refresh = controlConnection._refresh.bind(controlConnection);
  controlConnection._refresh = async (...args) => {
    await refresh(...args).catch((err: unknown) => logger.warn({ err }, 'a refresh of the control connection failed'));
  };
}
