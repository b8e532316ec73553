import type { SpanFacts } from '../core/trace.js';
import type { v1 } from './wire.js';

/** What a span says of an event. */
export const factsOf = ({ messageId, channelId, seq }: v1.Event): SpanFacts => ({
  messageId: messageId.toString(),
  channelId,
  seq,
});
