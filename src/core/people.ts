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

/** The part of the directory that actors read. Not on the way of a message once an actor is active. */
export interface PeopleDirectory {
  /** Undefined when there is no such account. Rejects with `unavailable`. */
  factsOf(userId: UserId): Promise<UserFacts | undefined>;
  /** Those of `userIds` that have an account. At most 200 at once. */
  existing(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** Those of them whose account is not suspended either. */
  active(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** Those of `userIds` whose account was deleted: nobody of whom it knows nothing. At most 200 at once. */
  deleted(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
}
