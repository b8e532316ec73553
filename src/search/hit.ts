import type { MessageId } from '../core/message-id.js';
import { v1 } from '../protocol/wire.js';
import type { Range } from './query.js';

export interface Hit {
  readonly event: v1.IEvent;
  /** The message's; set also where `event.message_id` is absent. */
  readonly messageId: MessageId;
  readonly ranges: readonly Range[];
}

export function hitView({ event, ranges }: Hit): v1.ISearchHit {
  return { event, highlights: ranges.map(({ start, length }) => ({ start, length })) };
}

/** What a hit takes of a page, with all that became of its message. */
export function bytesOfHit(hit: v1.ISearchHit): number {
  return v1.SearchHit.encode(hit).finish().length;
}
