import type { VNode } from 'preact';
import type { Reaction } from '../../client/index.js';

interface Props {
  reactions: readonly Reaction[];
  me: string;
  nameOf: (userId: string) => string;
  /** By Tab. */
  reached: boolean;
  onReact: (emoji: string, removed: boolean) => void;
}

const NAMES_SHOWN = 10;

/** Each emoji with how many chose it; a click adds one's own, or takes it back. */
export function Reactions({ reactions, me, nameOf, reached, onReact }: Props): VNode | null {
  if (reactions.length === 0) return null;
  return (
    <span class="reactions">
      {reactions.map(({ emoji, userIds }) => {
        const mine = userIds.includes(me);
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={mine}
            tabIndex={reached ? 0 : -1}
            title={userIds.slice(0, NAMES_SHOWN).map(nameOf).join(', ')}
            onClick={() => onReact(emoji, mine)}
          >
            {emoji} {userIds.length}
          </button>
        );
      })}
    </span>
  );
}
