/**
 * Hashes passwords: dear on purpose (tens of milliseconds and megabytes each), so at most two at once, away from the
 * threads that carry messages. Both methods reject with `overloaded` and a `retryAfterMs` when too many wait already.
 */
export interface PasswordHasher {
  /** A self-describing hash (PHC string) with a fresh salt. Check `checkNewPassword` first: this hashes anything. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password made this hash. `undefined` stands for an account that does not exist: it costs the same time
   * and is always false, so that the time of a login tells nobody which names are taken.
   */
  verify(password: string, hash: string | undefined): Promise<boolean>;
  /** Ends its threads; what waits rejects with `unavailable`. */
  close(): Promise<void>;
}
