import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { decideFriendship, type FriendshipAction, type View, type Views } from './friendship.js';

const ACTIONS: readonly FriendshipAction[] = ['request', 'accept', 'decline', 'remove', 'block', 'unblock'];
const step = fc.record({ byFirst: fc.boolean(), action: fc.constantFrom(...ACTIONS) });

const turned = ({ mine, theirs }: Views): Views => ({ mine: theirs, theirs: mine });

/** The views, first person first, after one of the two did something; as before when it was refused. */
function afterAction(views: Views, byFirst: boolean, action: FriendshipAction): Views {
  try {
    return byFirst ? decideFriendship(action, views) : turned(decideFriendship(action, turned(views)));
  } catch (thrown) {
    if (thrown instanceof ParleyError) return views;
    throw thrown;
  }
}

function implies(views: Views, one: View, other: readonly View[]): boolean {
  return (views.mine !== one || other.includes(views.theirs)) && (views.theirs !== one || other.includes(views.mine));
}

describe('the rules of friendship', () => {
  it('keep both views in agreement, whatever the two do in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let views: Views = { mine: 'none', theirs: 'none' };
        for (const { byFirst, action } of steps) {
          const before = views;
          views = afterAction(views, byFirst, action);
          expect(implies(views, 'friend', ['friend'])).toBe(true);
          expect(implies(views, 'request_received', ['request_sent'])).toBe(true);
          // Only whoever made a block lifts it, and only by unblocking.
          const others = byFirst ? 'theirs' : 'mine';
          if (before[others] === 'blocked') expect(views[others]).toBe('blocked');
          expect(afterAction(views, byFirst, action)).toEqual(views);
        }
      }),
    );
  });

  it('show one who is blocked the same as one who is ignored', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ACTIONS), { maxLength: 20 }), (actions) => {
        let ignored: Views = { mine: 'none', theirs: 'none' };
        let blocked: Views = { mine: 'none', theirs: 'blocked' };
        for (const action of actions) {
          ignored = afterAction(ignored, true, action);
          blocked = afterAction(blocked, true, action);
          expect(blocked.mine).toBe(ignored.mine);
        }
      }),
    );
  });
});
