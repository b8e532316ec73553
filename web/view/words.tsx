import type { VNode } from 'preact';
import type { Mention } from '../../client/index.js';

/** A message's text, with who is mentioned in it set apart. */
export function Words({ text, mentions, me }: { text: string; mentions: readonly Mention[]; me: string }): VNode {
  const parts: (string | VNode)[] = [];
  let end = 0;
  for (const { kind, userId, start, length } of mentions) {
    if (start < end) continue;
    const forMe = kind !== 'user' || userId === me;
    parts.push(text.slice(end, start));
    parts.push(<span class={`mention ${forMe ? 'of-me' : ''}`}>{text.slice(start, start + length)}</span>);
    end = start + length;
  }
  return (
    <span class="words">
      {parts}
      {text.slice(end)}
    </span>
  );
}
