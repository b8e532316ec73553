import type { VNode } from 'preact';
import type { Chat } from '../model/chat.js';
import { hashOf } from '../model/route.js';
import { briefTime } from './time.js';

/** Messages in which one was mentioned, newest first. */
export function MentionList({ chat }: { chat: Chat }): VNode {
  const { items } = chat.mentions;
  if (items.length === 0) {
    return (
      <div class="hollow">
        <h2>Nobody has mentioned you yet</h2>
      </div>
    );
  }
  const now = new Date();
  return (
    <div class="scroll">
      <ul aria-label="Mentions">
        {items.map(({ event, read }) => (
          <li key={event.messageId}>
            <a
              class={`item ${read ? '' : 'fresh'}`}
              href={hashOf({ view: 'channel', channelId: event.channelId })}
              data-mention={event.messageId}
            >
              <span class="item-text">
                <span class="item-line">
                  <span class="item-title">{chat.people.nameOf(event.from)}</span>
                  <time class="item-time" dateTime={event.createdAt.toISOString()}>
                    {briefTime(event.createdAt, now)}
                  </time>
                </span>
                <span class="item-line">
                  <span class="item-detail">{event.type === 'message' ? event.text : 'A deleted message'}</span>
                </span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
