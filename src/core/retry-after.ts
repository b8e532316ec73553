/**
 * When whoever is refused may come back, milliseconds, by what stands in the way: `retryAfterMs` of an error. Clients come no
 * earlier, and add a backoff of their own, so that not all come at once. Where the time is known (a rate, a deadline) that is
 * said instead, and nothing where nothing is known.
 */
export const RETRY_AFTER_MS = {
  /** Writes under way: one is committed every few milliseconds. */
  commit: 100,
  /** A full mailbox: its actor works it off in memory. */
  mailbox: 200,
  /** As many requests are under way as may be, or a queue to the bus or the disk is full: some of it is answered by then. */
  queue: 500,
  /** Others change the same all the time. */
  contention: 500,
  /** A store or a directory is slow: it did not answer in time, or too much waits for it. */
  slow: 1_000,
  /** Each password takes tens of milliseconds of a core, and the queue holds dozens. */
  passwords: 2_000,
  /** A server is not there: it has to come back, or another to take over. */
  away: 2_000,
  /** This process ends, and has to be started again. */
  restart: 5_000,
  /** Somebody has to make room: of a disk, of one's sessions, of work that is tried every ten seconds. */
  room: 10_000,
} as const;
