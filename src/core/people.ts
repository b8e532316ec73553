import type { UserId } from './ids.js';
import type { PushSettings } from './push.js';

export type Audience = 'everyone' | 'friends' | 'nobody';

/** What a user actor must know of its user's account. */
export interface UserFacts {
  readonly friends: ReadonlySet<UserId>;
  readonly blocked: ReadonlySet<UserId>;
  readonly presenceFor: Audience;
  readonly receiptsFor: Audience;
  /** Absent while no device of the user has a push endpoint. */
  readonly push?: PushSettings;
}

/**
 * The part of the directory that actors read. Not on the way of a message once an actor is active. Everything may reject with
 * `timeout`, `overloaded` or `unavailable`, and with `invalid_argument` where more users are asked for than it takes.
 */
export interface PeopleDirectory {
  /** Undefined when there is no such account, or it was deleted. */
  factsOf(userId: UserId): Promise<UserFacts | undefined>;
  /** Those of `userIds` that have an account, also a suspended one. At most 200 at once. */
  existing(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** Those of `userIds` whose account is not suspended either. At most 200 at once. */
  active(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** Those of `userIds` whose account was deleted; an id that never had one is not among them. At most 200 at once. */
  deleted(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
}
