/** The way from one process to a server that it uses, to be cut by a test. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * As a network does that lost its way (`silence`: nothing passes in either direction, nothing is closed, and whoever connects
 * waits), or one that breaks (`reset`: every connection is reset, and so is whoever connects).
 */
export type Cut = 'silence' | 'reset';

export interface Link {
  /** Where the process finds that server: `host:port`, more of them separated by commas. */
  readonly address: string;
  cut(how: Cut): void | Promise<void>;
  heal(): void | Promise<void>;
  close(): Promise<void>;
}

/** Cut for so long, then healed. */
export async function cutFor(link: Pick<Link, 'cut' | 'heal'>, how: Cut, durationMs: number): Promise<void> {
  await link.cut(how);
  await sleep(durationMs);
  await link.heal();
}
