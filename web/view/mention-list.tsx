import type { VNode } from 'preact';
import type { MentionItem } from '../../client/index.js';
import type { Chat } from '../model/chat.js';
import { peerOf } from '../model/conversations.js';
import type { Page } from '../model/page.js';
import { hashOf } from '../model/route.js';
import { snippetOf } from '../model/snippet.js';
import { Avatar } from './avatar.js';
import { briefTime, exactTime } from './time.js';

interface Props {
  page: Page;
  chat: Chat;
}

/** Messages in which one was mentioned, newest first; each leads to its place in the conversation. */
export function MentionList({ page, chat }: Props): VNode {
  const { items, more } = chat.mentions;
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
        {items.map((item) => (
          <li key={item.event.messageId}>
            <MentionRow page={page} chat={chat} item={item} now={now} />
          </li>
        ))}
      </ul>
      {more ? (
        <button type="button" class="button quiet" onClick={() => page.attempt(() => chat.mentions.loadOlder())}>
          Show older ones
        </button>
      ) : null}
    </div>
  );
}

function MentionRow({ page, chat, item, now }: Props & { item: MentionItem; now: Date }): VNode {
  const { event, read } = item;
  const href = hashOf({ view: 'channel', channelId: event.channelId, seq: event.seq });
  const name = chat.people.nameOf(event.from);
  const inGroup = peerOf(event.channelId, chat.me) === undefined;
  return (
    <a
      class={`item ${read ? '' : 'fresh'}`}
      href={href}
      data-mention={event.messageId}
      onClick={() => hashOf(page.route) === href && page.goToRoute()}
    >
      <Avatar id={event.from} name={name} />
      <span class="item-text">
        <span class="item-line">
          <span class="item-title" dir="auto">
            {name}
          </span>
          <time class="item-time" dateTime={event.createdAt.toISOString()} title={exactTime(event.createdAt)}>
            {briefTime(event.createdAt, now)}
          </time>
        </span>
        <span class="snippet" dir="auto">
          {wordsOf(item)}
        </span>
        {inGroup ? (
          <span class="item-place">
            in <bdi>{chat.titleOf(event.channelId)}</bdi>
          </span>
        ) : null}
      </span>
    </a>
  );
}

/** The text around the mention, which is set apart. */
function wordsOf({ event }: MentionItem): (string | VNode)[] | string {
  if (event.type !== 'message') return 'A deleted message';
  return snippetOf(event.text, event.mentions ?? []).map((part) => (part.found ? <mark>{part.text}</mark> : part.text));
}
