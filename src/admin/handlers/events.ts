import type { admin } from '../../protocol/admin-messages.js';
import type { EventFeed } from '../events/event-feed.js';
import type { Call } from '../methods.js';

/** What happens, as it happens, until the reader goes. */
export async function* watchEvents(
  feed: EventFeed,
  { types }: admin.IWatchEventsRequest,
  { signal }: Call,
): AsyncGenerator<admin.IClusterEvent> {
  const wanted = new Set(types);
  const buffer = feed.open();
  try {
    for (;;) {
      const event = await buffer.next(signal);
      if (event === undefined) return;
      const isWanted = wanted.size === 0 || wanted.has(event.type ?? '') || event.type === 'lag';
      if (isWanted || event.type === 'watching') yield event;
    }
  } finally {
    feed.close(buffer);
  }
}
