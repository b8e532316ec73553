import type { UserId } from '../core/ids.js';

export interface RefreshToken {
  /** Opaque text of fewer than 100 characters, all of `A-Z a-z 0-9 _ - .`; it is stored as a hash only. */
  readonly token: string;
  /** Moves on with each rotation. */
  readonly expiresAtMs: number;
}

/** The device that a refresh token was issued to. */
export interface TokenHolder {
  readonly userId: UserId;
  readonly deviceId: string;
}

export type Rotation =
  | ({ readonly type: 'rotated'; readonly userId: UserId; readonly deviceId: string } & RefreshToken)
  /**
   * An old token came back: its family is revoked, as of now or a moment ago. Answer `refresh_reused` and end the device's
   * sessions.
   */
  | { readonly type: 'reused'; readonly userId: UserId; readonly deviceId: string }
  /** Never issued, expired, or revoked. Answer `unauthenticated`. */
  | { readonly type: 'unknown' };

/**
 * Rotating refresh tokens. A login starts a family; each use of its newest token gives the next one. An older token means
 * that somebody holds a copy, and revokes the family, with one exception: the token just before the newest, used again
 * within `LIMITS.refreshRetryMs` of its rotation, gives the same next token again. That is several times as long as a
 * client waits for an answer. So neither an answer lost in the network nor two tabs that share a cookie log anybody out,
 * and no second live token ever exists. For as long a revoked family says `reused` again of each of its tokens, unless its
 * device has logged in anew: the first answer may have been lost before anybody ended its sessions.
 * Everything may also reject with `timeout`, `overloaded` or `unavailable`; a rotation may then be repeated.
 */
export interface RefreshTokens {
  /** Starts a family. Rejects with `not_found` when there is no such device. */
  issue(userId: UserId, deviceId: string): Promise<RefreshToken>;
  /** Never rejects for what the token is; the device counts as seen when it rotates. */
  rotate(token: string): Promise<Rotation>;
  /** Whose family the token is of, whichever of it; undefined when it is expired, revoked or none. Nothing is used up. */
  holderOf(token: string): Promise<TokenHolder | undefined>;
}
