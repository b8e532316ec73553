import type { UserId } from '../core/ids.js';

/** How one person stands to another, as the first one sees it. Being blocked by someone shows in nothing. */
export type RelationState = 'friend' | 'request_sent' | 'request_received' | 'blocked';

export interface Relation {
  readonly userId: UserId;
  readonly displayName: string;
  readonly state: RelationState;
  readonly sinceMs: number;
}

export interface RelationChange {
  /** How the asker now stands to the other. */
  readonly state: RelationState | 'none';
  /**
   * Those whose `UserFacts` (friends, blocked) this call changed, the asker or the other or both. Empty when all was so
   * before, which makes every call here safe to repeat; whoever repeats one tells the asker's user actor all the same.
   */
  readonly factsChanged: readonly UserId[];
  /** Whether the other one's list changed: a request came or went, or a friendship began or ended. Else tell them nothing. */
  readonly othersViewChanged: boolean;
}

export interface RelationQuery {
  /** Only those in this state; absent for all. */
  readonly state?: RelationState;
  /** The last user id of the page before. */
  readonly after?: UserId;
  /** 1 to `LIMITS.relationsPageMax`. */
  readonly limit: number;
}

export interface RelationPage {
  /** In the order of their user ids. */
  readonly relations: readonly Relation[];
  readonly next?: UserId;
}

/**
 * Friends, requests and blocks between two people. Each call is atomic and may be repeated. `user_not_found` when either
 * has no account; `invalid_argument` when both are the same. Everything may also reject with `timeout`, `overloaded` or
 * `unavailable`.
 */
export interface Friends {
  /**
   * Asks to be friends. One that crosses a request of the other accepts it. Someone whom the other has blocked gets
   * `request_sent` like anybody, and the other sees nothing. `forbidden` when the asker has blocked the other, or has
   * `LIMITS.relationsMax` friends, open requests and blocked people already.
   */
  request(asker: UserId, other: UserId): Promise<RelationChange>;
  /** Accepts the other's request; `not_found` when there is none and they are not friends. */
  accept(asker: UserId, other: UserId): Promise<RelationChange>;
  /** Refuses the other's request, which then is gone for both. */
  decline(asker: UserId, other: UserId): Promise<RelationChange>;
  /** Ends a friendship, or takes one's own request back. */
  remove(asker: UserId, other: UserId): Promise<RelationChange>;
  /** Ends friendship and requests, and hides the asker from the other. `forbidden` as for `request`. */
  block(asker: UserId, other: UserId): Promise<RelationChange>;
  /** Brings back neither friendship nor requests. */
  unblock(asker: UserId, other: UserId): Promise<RelationChange>;
  /** `invalid_argument` for a limit out of bounds; an empty page for whoever has no account. */
  list(userId: UserId, query: RelationQuery): Promise<RelationPage>;
}
