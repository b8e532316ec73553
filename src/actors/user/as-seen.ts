import { directMembers } from '../../core/ids.js';
import type { UserFacts } from '../../core/people.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';
import { isSaid } from '../../protocol/erased-event.js';

/** Direct messages of somebody who is blocked lose their body here, and only here. */
export function asSeen(event: EncodedEvent, facts: UserFacts | undefined): EncodedEvent {
  const { from, channelId } = event.value;
  const isHidden = isSaid(event.value) && facts?.blocked.has(from) === true && directMembers(channelId) !== undefined;
  return isHidden ? event.hidden() : event;
}
