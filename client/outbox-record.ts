import type { v1 } from '../src/protocol/wire.js';
import { wireSaid } from './from-wire.js';
import type { Pending } from './pending.js';
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

export function recordOf(message: Pending, base: number | undefined, deadlineAt: number | undefined): OutboxRecord {
  const { clientMessageId, channelId, text, said } = message;
  return { clientMessageId, channelId, text, said, queuedAt: message.queuedAt.getTime(), base, deadlineAt };
}

export const saidIn = ({ said, text }: OutboxRecord): Said => said ?? { type: 'message', text };

export function sendOf({ channelId, clientMessageId, said }: Pending, base: number, after: string): v1.IClientFrame {
  return { send: { channelId, clientMessageId, base, after, ...wireSaid(said) } };
}
