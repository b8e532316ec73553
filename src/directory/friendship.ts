import { ParleyError, unreachable } from '../core/errors.js';
import type { RelationState } from './friends.js';

export type View = RelationState | 'none';
export type FriendshipAction = 'request' | 'accept' | 'decline' | 'remove' | 'block' | 'unblock';

/** How the asker stands to the other, and the other to the asker. */
export interface Views {
  readonly mine: View;
  readonly theirs: View;
}

/**
 * The rules of friendship as a function of both views. Invariants: friends are so on both sides; whoever has received a
 * request has it from one who sent it; somebody else's block changes nothing in one's own view.
 * Throws `forbidden` or `not_found`.
 */
export function decideFriendship(action: FriendshipAction, views: Views): Views {
  switch (action) {
    case 'request':
      return request(views);
    case 'accept':
      return accept(views);
    case 'decline':
      return views.mine === 'request_received' ? { mine: 'none', theirs: 'none' } : views;
    case 'remove':
      return isOneOf(views.mine, 'friend', 'request_sent') ? { mine: 'none', theirs: withoutMe(views.theirs) } : views;
    case 'block':
      return { mine: 'blocked', theirs: withoutMe(views.theirs) };
    case 'unblock':
      return views.mine === 'blocked' ? { mine: 'none', theirs: views.theirs } : views;
    default:
      return unreachable(action);
  }
}

function request(views: Views): Views {
  if (views.mine === 'blocked')
    throw new ParleyError('forbidden', { sentence: 'You have blocked this person: unblock them first.' });
  if (views.mine === 'friend') return views;
  // Theirs may be hidden from the asker: it was sent while the asker had blocked them.
  if (views.theirs === 'request_sent') return { mine: 'friend', theirs: 'friend' };
  return { mine: 'request_sent', theirs: views.theirs === 'blocked' ? 'blocked' : 'request_received' };
}

function accept(views: Views): Views {
  if (views.mine === 'friend') return views;
  if (views.mine !== 'request_received')
    throw new ParleyError('not_found', { sentence: 'There is no request of this person.' });
  return { mine: 'friend', theirs: 'friend' };
}

/** Their view once I neither am a friend nor ask to be. A request of theirs stays in it: they notice nothing. */
function withoutMe(theirs: View): View {
  return isOneOf(theirs, 'friend', 'request_received') ? 'none' : theirs;
}

function isOneOf(view: View, ...views: readonly View[]): boolean {
  return views.includes(view);
}
