import type { VNode } from 'preact';
import { isolated } from '../model/bidi.js';
import type { Chat } from '../model/chat.js';
import { type Conversation, peerOf } from '../model/conversations.js';
import { systemText } from '../model/lines.js';
import type { Page } from '../model/page.js';
import { channelOf, hashOf } from '../model/route.js';
import { Avatar } from './avatar.js';
import { Count } from './count.js';
import { Icon } from './icon.js';
import { MentionList } from './mention-list.js';
import { PeopleList } from './people-list.js';
import { SearchField, SearchResults } from './search-panel.js';
import { briefTime } from './time.js';

/** Conversations or people, and the ways to settings and a new group. */
export function Side({ page, chat }: { page: Page; chat: Chat }): VNode {
  const tab = page.route.view === 'people' || page.route.view === 'mentions' ? page.route.view : 'chats';
  const current = (view: typeof tab) => (tab === view ? 'page' : undefined);
  const requests = chat.people.those('request_received').length;
  return (
    <>
      <header class="bar">
        <div class="bar-title">
          <h1>Parley</h1>
        </div>
        <a class="icon-button" href={hashOf({ view: 'new-group' })} aria-label="New group" title="New group">
          <Icon name="plus" />
        </a>
        <a class="icon-button" href={hashOf({ view: 'settings' })} aria-label="Settings" title="Settings">
          <Avatar id={chat.me} name={chat.people.nameOf(chat.me)} size="small" />
        </a>
      </header>
      <nav class="tabs" aria-label="Lists">
        <a href={hashOf({ view: 'chats' })} aria-current={current('chats')}>
          Chats {chat.unreadAloud > 0 ? <Count value={chat.unreadAloud} of="unread messages" /> : null}
        </a>
        <a href={hashOf({ view: 'mentions' })} aria-current={current('mentions')}>
          Mentions {chat.mentions.unread > 0 ? <Count value={chat.mentions.unread} of="unread mentions" /> : null}
        </a>
        <a href={hashOf({ view: 'people' })} aria-current={current('people')}>
          People {requests > 0 ? <Count value={requests} of="friend requests" /> : null}
        </a>
      </nav>
      {tab === 'people' ? <PeopleList page={page} chat={chat} /> : null}
      {tab === 'mentions' ? <MentionList page={page} chat={chat} /> : null}
      {tab === 'chats' ? <Chats page={page} chat={chat} /> : null}
    </>
  );
}

/** The conversations, or what was found in them. */
function Chats({ page, chat }: { page: Page; chat: Chat }): VNode {
  return (
    <>
      {chat.list.length === 0 ? null : <SearchField chat={chat} />}
      {chat.search.active ? <SearchResults page={page} chat={chat} /> : <ConversationList page={page} chat={chat} />}
    </>
  );
}

function ConversationList({ page, chat }: { page: Page; chat: Chat }): VNode {
  const { list } = chat;
  if (list.length === 0) {
    return (
      <div class="hollow">
        <h2>{chat.loaded ? 'No conversations yet' : 'Loading…'}</h2>
        {chat.loaded ? (
          <>
            <p>Find someone by name and say hello.</p>
            <a class="button primary" href={hashOf({ view: 'people' })}>
              Find people
            </a>
          </>
        ) : null}
      </div>
    );
  }
  const now = new Date();
  return (
    <div class="scroll">
      <ul aria-label="Conversations">
        {list.map((conversation) => (
          <li key={conversation.channelId}>
            <ConversationItem page={page} chat={chat} conversation={conversation} now={now} />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ItemProps {
  page: Page;
  chat: Chat;
  conversation: Conversation;
  now: Date;
}

function ConversationItem({ page, chat, conversation, now }: ItemProps): VNode {
  const { channelId, unread } = conversation;
  const peer = peerOf(channelId, chat.me);
  const title = chat.titleOf(channelId);
  const current = channelOf(page.route) === channelId;
  const muted = chat.isMuted(channelId);
  return (
    <a
      class={`item ${unread > 0 ? 'fresh' : ''}`}
      href={hashOf({ view: 'channel', channelId })}
      aria-current={current ? 'true' : undefined}
      data-channel={channelId}
    >
      <Avatar
        id={peer ?? channelId}
        name={title}
        group={peer === undefined}
        presence={peer === undefined ? undefined : chat.people.presenceOf(peer)?.state}
      />
      <span class="item-text">
        <span class="item-line">
          <span class="item-title" dir="auto">
            {title}
          </span>
          <time class="item-time" dateTime={conversation.activeAt.toISOString()}>
            {briefTime(conversation.activeAt, now)}
          </time>
        </span>
        <span class="item-line">
          <span class="item-detail">{previewOf(conversation, chat)}</span>
          <span class="row">
            {muted ? <Icon name="muted" kind="little" /> : null}
            {unread > 0 ? <Count value={unread} of="unread" still={muted} /> : null}
          </span>
        </span>
      </span>
    </a>
  );
}

/** One line about the newest thing that happened. */
function previewOf({ last, kind }: Conversation, chat: Chat): string {
  if (last === undefined) return '';
  const { nameOf } = chat.people;
  if (last.type === 'withheld') return last.reason === 'deleted' ? 'A deleted message' : '';
  if (last.type !== 'message') return systemText(last, chat.me, nameOf) ?? '';
  if (last.from === chat.me) return `You: ${isolated(last.text)}`;
  return kind === 'direct' ? isolated(last.text) : `${isolated(nameOf(last.from))}: ${isolated(last.text)}`;
}
