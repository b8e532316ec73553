/** For tests on a real PostgreSQL. */
import { systemClock } from '../../../core/clock.js';
import { type Harness, harnessOf, SettableClock } from '../../conformance.js';
import type { Directory } from '../../directory.js';
import { openPostgresDirectory, type PostgresDirectoryOptions } from '../postgres-directory.js';
import { statements } from '../statements.js';

/** Wall time set by hand; timers as they are, since a real server answers in real time. */
class TimedClock extends SettableClock {
  override after(delayMs = 0, callback = (): void => {}): () => void {
    return systemClock.after(delayMs, callback);
  }
}

export async function postgresHarness(
  url: string,
  more: Partial<PostgresDirectoryOptions> = {},
  wrap: (directory: Directory) => Directory = (directory) => directory,
): Promise<Harness> {
  await statements(url, 'drop schema public cascade; create schema public');
  const clock = new TimedClock();
  return harnessOf(clock, async () => wrap(await openPostgresDirectory({ url, clock, ...more })));
}
