import { ParleyError } from '../../core/errors.js';
import { HAPPENING_TYPES } from '../../core/happenings.js';
import type { admin } from '../../protocol/admin-messages.js';
import { CHANGE_TYPES } from '../events/cluster-observer.js';
import type { EventFeed } from '../events/event-feed.js';
import type { Call } from '../methods.js';

const TYPES: ReadonlySet<string> = new Set([...CHANGE_TYPES, ...HAPPENING_TYPES, 'lag', 'watching']);

/** Nobody waits for what never comes. */
function checkTypes(types: readonly string[]): void {
  const unknown = types.find((type) => !TYPES.has(type));
  if (unknown === undefined) return;
  throw new ParleyError('invalid_argument', {
    sentence: `There are no events of the type ${JSON.stringify(unknown.slice(0, 40))}; there are ${[...TYPES].join(', ')}.`,
  });
}

/** What happens, as it happens, until the reader goes. Throws `invalid_argument` for a type that there is not. */
export async function* watchEvents(
  feed: EventFeed,
  { types }: admin.IWatchEventsRequest,
  { signal }: Call,
): AsyncGenerator<admin.IClusterEvent> {
  checkTypes(types ?? []);
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
