import type { UserId } from '../core/ids.js';

/** `deleted`: the name stays taken, everything else about the person is gone from the directory. */
export type AccountState = 'active' | 'suspended' | 'deleted';

export interface Account {
  readonly userId: UserId;
  readonly displayName: string;
  readonly state: AccountState;
  /** Wall clock of the process that made it, milliseconds since 1970. */
  readonly createdAtMs: number;
}

/**
 * Accounts as operators see and change them. A change that resolves is on disk. `user_not_found` for whoever has no account,
 * or has it no more. Everything may also reject with `timeout`, `overloaded` or `unavailable`.
 */
export interface Administration {
  /**
   * Those whose names start with `prefix` and come after `after`, by name; at most `limit` (1 to 501: a page of 500, and whether
   * there is another). Deleted ones, too.
   */
  list(prefix: string, after: string, limit: number): Promise<readonly Account[]>;
  /** How many there are, deleted ones too. */
  count(): Promise<number>;
  /** Undefined when there never was one; deleted ones, too. */
  find(userId: UserId): Promise<Account | undefined>;
  /** Nobody logs in to a suspended account (`account_suspended`). Devices and sessions are the caller's matter. */
  setState(userId: UserId, state: 'active' | 'suspended'): Promise<Account>;
  /** Makes it `deleted`: no password, profile, settings, relations, devices. What was said in channels stays there. */
  erase(userId: UserId): Promise<Account>;
}

export interface AuditNote {
  readonly who: string;
  readonly role: string;
  readonly action: string;
  readonly subject: string;
  readonly outcome: string;
}

export interface AuditEntry extends AuditNote {
  /** Grows with time, never twice the same. */
  readonly entry: number;
  /** Wall clock of the process that wrote it, milliseconds since 1970. */
  readonly atMs: number;
}

/** Who did what, when, with what outcome. Kept for LIMITS.auditKeepMs. Rejects like the rest of the directory. */
export interface AuditLog {
  /** Resolves once it is on disk. */
  append(note: AuditNote): Promise<void>;
  /** Newest first, those before entry `before` (0: from the newest), at most `limit` (1 to 501). */
  read(before: number, limit: number): Promise<readonly AuditEntry[]>;
}
