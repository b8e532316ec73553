import type { VNode } from 'preact';
import type { Presence } from '../../client/index.js';

const HUES = 12;

/** The same id has the same colour everywhere: FNV-1a (Fowler, Noll, Vo), folded so that short ids spread too. */
export function hueOf(id: string): string {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return `hue-${((hash ^ (hash >>> 13)) >>> 0) % HUES}`;
}

/** The first letters of the first and last word, at most two. */
function initialsOf(name: string): string {
  const words = name.split(/[\s_]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => {
    const letter = word?.match(/[\p{L}\p{N}]/u)?.[0] ?? '';
    return letter.toLocaleUpperCase();
  });
  return letters.join('') || '·';
}

interface AvatarProps {
  id: string;
  name: string;
  size?: 'small' | 'large';
  group?: boolean;
  presence?: Presence['state'] | undefined;
}

/** Decoration: the name always stands beside it. */
export function Avatar({ id, name, size, group = false, presence }: AvatarProps): VNode {
  return (
    <span class={`avatar ${hueOf(id)} ${size ?? ''} ${group ? 'group' : ''}`} aria-hidden="true">
      {initialsOf(name)}
      {presence === 'online' || presence === 'away' || presence === 'doNotDisturb' ? (
        <span class={`dot ${presence}`} />
      ) : null}
    </span>
  );
}
