/** Line drawings on a grid of 24, coloured by the text around them. */
import type { VNode } from 'preact';

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  send: 'M5 12h13M12 5.5L18.5 12 12 18.5',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  info: 'M12 11v5.5M12 7.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
  down: 'M6 9.5l6 6 6-6',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5',
  group:
    'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.9a3.5 3.5 0 0 1 0 6.200M18 14.200a6.5 6.5 0 0 1 3.5 5.300',
  muted: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5',
  pending: 'M12 7.5V12l3 2M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z',
  sent: 'M5.5 12.5l4.5 4.5 9-9.5',
  delivered: 'M2 12.5l4.5 4.5 9-9.5M11 15.200l1.800 1.800 9-9.5',
  failed: 'M12 7.5v6M12 17v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration only: what it means is said in text beside it or by the control's label. */
export function Icon({ name, kind = '' }: { name: IconName; kind?: string }): VNode {
  return (
    <svg class={`icon ${kind}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
