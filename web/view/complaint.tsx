import type { VNode } from 'preact';

interface Props {
  /** What went wrong; undefined: nothing, and nothing is drawn. */
  sentence: string | undefined;
  /** Stands among cards, as one of them. */
  card?: boolean;
  /** Offers to try again. */
  onAgain?: () => void;
}

/** What went wrong, for the person at the screen; told at once by screen readers. */
export function Complaint({ sentence, card = false, onAgain }: Props): VNode | null {
  if (sentence === undefined) return null;
  return (
    <p class={card ? 'complaint card' : 'complaint'} role="alert">
      {sentence}
      {onAgain === undefined ? null : (
        <>
          {' '}
          <button type="button" class="link" onClick={onAgain}>
            Try again
          </button>
        </>
      )}
    </p>
  );
}
