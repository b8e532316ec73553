import type { UserId } from '../core/ids.js';

/** An account as others see it. */
export interface Person {
  readonly userId: UserId;
  /** What the person calls themselves; the user id until they choose something else. */
  readonly displayName: string;
}

export interface NewAccount {
  /** The account's name, see `isUserId`. */
  readonly userId: UserId;
  /** What `PasswordHasher.hash` made of the password; the directory never sees the password itself. */
  readonly passwordHash: string;
}

export interface PasswordChange {
  readonly passwordHash: string;
  /** What the old password was found right by: it must not have been changed since. Absent: whatever it is. */
  readonly before?: string;
  /** The device that stays logged in; absent: none. */
  readonly keepDeviceId?: string;
}

export interface PeopleQuery {
  /** The first characters of the name, lower case; 1 to 32 of them. */
  readonly prefix: string;
  /** The last user id of the page before; absent for the first page. */
  readonly after?: UserId;
  /** 1 to `LIMITS.peoplePageMax`. */
  readonly limit: number;
}

export interface PeoplePage {
  /** In the order of their user ids. */
  readonly people: readonly Person[];
  /** `after` of the next page; absent on the last one. */
  readonly next?: UserId;
}

/**
 * Who has an account. What resolves has been synced to disk. Everything here may also reject with `timeout` (outcome
 * unknown), `overloaded` or `unavailable`.
 */
export interface Accounts {
  /** Rejects with `name_taken`, or `invalid_argument` when the name is none. Of two at once for a name, one wins. */
  create(account: NewAccount): Promise<Person>;
  /**
   * For bulk import and load tests: makes those that do not exist and leaves the others as they are; resolves to the
   * number made. At most `LIMITS.bulkAccountsMax` at once. All are made or, when it rejects, none.
   */
  createMany(accounts: readonly NewAccount[]): Promise<number>;
  /** The stored hash; undefined when there is no such account (verify against nothing then: see PasswordHasher). */
  passwordHashOf(userId: UserId): Promise<string | undefined>;
  /**
   * Sets the hash and removes the user's devices but the one to keep, both or neither; resolves to the ids of those
   * removed. Ending their sessions is the caller's matter. Rejects with `wrong_credentials` or `user_not_found`.
   */
  changePasswordHash(userId: UserId, change: PasswordChange): Promise<readonly string[]>;
  /** The person with exactly this name; undefined when there is none, or when they have blocked the asker. */
  find(asker: UserId, userId: UserId): Promise<Person | undefined>;
  /** Those whose names start with the prefix, without those who have blocked the asker. Rejects with `invalid_argument`. */
  search(asker: UserId, query: PeopleQuery): Promise<PeoplePage>;
}
