import type { Said } from './types.js';

/** A send as it is kept until it is settled: the same id and base on every attempt. */
export interface OutboxRecord {
  readonly clientMessageId: string;
  readonly channelId: string;
  readonly text: string;
  /** Absent: a message of that text. */
  readonly said?: Said;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  /** The channel's head as known at the first attempt; undefined: not tried yet. */
  readonly base: number | undefined;
  /** Not tried by then, it fails; milliseconds since 1970. */
  readonly deadlineAt: number | undefined;
}
