import type { UserId } from './ids.js';

export type Audience = 'everyone' | 'friends' | 'nobody';

/** What a user actor must know of its user's account. */
export interface UserFacts {
  readonly friends: ReadonlySet<UserId>;
  readonly blocked: ReadonlySet<UserId>;
  readonly presenceFor: Audience;
  readonly receiptsFor: Audience;
}

/** The part of the directory that actors read. Not on the way of a message once an actor is active. */
export interface PeopleDirectory {
  /** Undefined when there is no such account. Rejects with `unavailable`. */
  factsOf(userId: UserId): Promise<UserFacts | undefined>;
  /** Those of `userIds` that have an account. At most 200 at once. */
  existing(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>;
}
