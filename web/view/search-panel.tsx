import type { VNode } from 'preact';
import type { SearchHit } from '../../client/index.js';
import { USER_ID_CHARACTERS_MAX } from '../../src/core/client-bounds.js';
import type { Chat } from '../model/chat.js';
import { peerOf } from '../model/conversations.js';
import type { Page } from '../model/page.js';
import { hashOf } from '../model/route.js';
import { sentenceFor } from '../model/sentence.js';
import { snippetOf } from '../model/snippet.js';
import { Complaint } from './complaint.js';
import { Icon } from './icon.js';
import { briefTime, exactTime } from './time.js';

interface Props {
  page: Page;
  chat: Chat;
}

/** Where one says what to look for, above the conversations. */
export function SearchField({ chat }: { chat: Chat }): VNode {
  const { search } = chat;
  return (
    <search>
      <div class="search">
        <Icon name="search" />
        <input
          class="input"
          type="search"
          value={search.filters.words}
          placeholder="Search messages"
          aria-label="Search messages"
          autocomplete="off"
          onInput={(event) => search.change({ words: event.currentTarget.value })}
        />
      </div>
      <Filters chat={chat} />
    </search>
  );
}

function Filters({ chat }: { chat: Chat }): VNode {
  const { search } = chat;
  const { from, channelId, since, until } = search.filters;
  const peers = chat.list.flatMap((conversation) => peerOf(conversation.channelId, chat.me) ?? []);
  const senders = new Set([...peers, ...chat.people.those('friend').map(({ userId }) => userId), chat.me]);
  return (
    <details class="filters" open={from !== '' || undefined}>
      <summary>Filters</summary>
      <label class="field">
        <span>Sent by</span>
        <input
          class="input"
          value={from}
          list="senders"
          placeholder="Anybody’s name"
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          maxLength={USER_ID_CHARACTERS_MAX}
          onInput={(event) => search.change({ from: event.currentTarget.value })}
        />
        <datalist id="senders">
          {[...senders].map((userId) => (
            <option key={userId} value={userId} label={chat.people.nameOf(userId)} />
          ))}
        </datalist>
      </label>
      <label class="field">
        <span>Conversation</span>
        <select
          aria-label="Conversation"
          class="input"
          value={channelId}
          onChange={(event) => search.change({ channelId: event.currentTarget.value })}
        >
          <option value="">All conversations</option>
          {chat.list.map((conversation) => (
            <option key={conversation.channelId} value={conversation.channelId}>
              {chat.titleOf(conversation.channelId)}
            </option>
          ))}
        </select>
      </label>
      <div class="row">
        <Day label="From day" value={since} onChange={(day) => search.change({ since: day })} />
        <Day label="To day" value={until} onChange={(day) => search.change({ until: day })} />
      </div>
    </details>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }): VNode {
  return (
    <label class="field grow">
      <span>{label}</span>
      <input class="input" type="date" value={value} onChange={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}

/** What was found, newest first. */
export function SearchResults({ page, chat }: Props): VNode {
  const { search } = chat;
  const now = new Date();
  return (
    <div class="scroll">
      <ul aria-label="Messages found">
        {search.hits.map((hit) => (
          <li key={hit.event.messageId}>
            <Found page={page} chat={chat} hit={hit} now={now} />
          </li>
        ))}
      </ul>
      <End chat={chat} />
    </div>
  );
}

function End({ chat: { search } }: { chat: Chat }): VNode | null {
  if (search.state === 'failed')
    return <Complaint sentence={sentenceFor(search.failure)} onAgain={() => void search.load()} />;
  if (search.state === 'loading') return <p class="plain-note">Looking…</p>;
  if (search.more) {
    return (
      <button type="button" class="button quiet" onClick={() => void search.load()}>
        Look further back
      </button>
    );
  }
  return <p class="plain-note">{search.hits.length === 0 ? 'No message has that.' : 'That is all.'}</p>;
}

function Found({ page, chat, hit, now }: Props & { hit: SearchHit; now: Date }): VNode {
  const { event, highlights } = hit;
  const href = hashOf({ view: 'channel', channelId: event.channelId, seq: event.seq });
  const current = hashOf(page.route) === href;
  const sender = event.from === chat.me ? 'You' : chat.people.nameOf(event.from);
  return (
    <a
      class="item"
      href={href}
      aria-current={current ? 'true' : undefined}
      data-hit={event.messageId}
      onClick={() => current && page.goToRoute()}
    >
      <span class="item-text">
        <span class="item-line">
          <span class="item-title" dir="auto">
            {chat.titleOf(event.channelId)}
          </span>
          <time class="item-time" dateTime={event.createdAt.toISOString()} title={exactTime(event.createdAt)}>
            {briefTime(event.createdAt, now)}
          </time>
        </span>
        <span class="snippet">
          <b>
            <bdi>{sender}</bdi>:{' '}
          </b>
          <bdi>
            {snippetOf(event.text, highlights).map((part) => (part.found ? <mark>{part.text}</mark> : part.text))}
          </bdi>
        </span>
      </span>
    </a>
  );
}
