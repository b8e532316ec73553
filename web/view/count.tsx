import type { VNode } from 'preact';

/** A number in a pill; `of` says to screen readers what it counts. */
export function Count({ value, of, still = false }: { value: number; of: string; still?: boolean }): VNode {
  return (
    <span class={`count ${still ? 'still' : ''}`}>
      {value >= 100 ? '99+' : value}
      <span class="unseen"> {of}</span>
    </span>
  );
}
