import type { VNode } from 'preact';
import { hashOf, type Route } from '../model/route.js';
import { Icon } from './icon.js';

/** The head of a page that is not a conversation, with the way back. */
export function SheetHead({ title, back }: { title: string; back: Route }): VNode {
  return (
    <header class="bar">
      <a class={`icon-button ${back.view === 'channel' ? '' : 'back'}`} href={hashOf(back)} aria-label="Back">
        <Icon name="back" />
      </a>
      <div class="bar-title">
        <h2>{title}</h2>
      </div>
    </header>
  );
}
