import type { VNode } from 'preact';
import type { Mention } from '../../client/index.js';
import { partsOf, type TextPart } from '../model/text-parts.js';

interface WordsProps {
  text: string;
  mentions: readonly Mention[];
  me: string;
  /** By Tab. */
  reached: boolean;
}

/** A message's text, with who is mentioned in it set apart, and the addresses in it to be followed. */
export function Words({ text, mentions, me, reached }: WordsProps): VNode {
  return <span class="words">{partsOf(text, mentions).map((part) => partView(part, me, reached))}</span>;
}

function partView({ text, mention, href }: TextPart, me: string, reached: boolean): VNode | string {
  if (mention !== undefined) {
    const forMe = mention.kind !== 'user' || mention.userId === me;
    return <span class={`mention ${forMe ? 'of-me' : ''}`}>{text}</span>;
  }
  if (href === undefined) return text;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" tabIndex={reached ? 0 : -1}>
      {text}
    </a>
  );
}
