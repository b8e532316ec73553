import type { VNode } from 'preact';
import { isolated } from '../model/bidi.js';
import type { Chat } from '../model/chat.js';
import { peerOf } from '../model/conversations.js';
import { type Draft, editIn, textIn } from '../model/drafts.js';
import type { Page } from '../model/page.js';
import { hashOf } from '../model/route.js';
import { sentenceFor } from '../model/sentence.js';
import type { Thread } from '../model/thread.js';
import { Avatar } from './avatar.js';
import { Composer, type ComposerNote } from './composer.js';
import { Icon } from './icon.js';
import type { MessageActs } from './message.js';
import { presenceText } from './presence-text.js';
import { ThreadView } from './thread-view.js';

interface Props {
  page: Page;
  chat: Chat;
  channelId: string;
}

export function Conversation({ page, chat, channelId }: Props): VNode {
  const thread = chat.thread(channelId);
  return (
    <>
      <Head chat={chat} thread={thread} />
      <Body page={page} chat={chat} thread={thread} />
      {thread.closed ? null : <Foot page={page} chat={chat} channelId={channelId} />}
    </>
  );
}

/** Where one writes, or why one cannot. */
function Foot({ page, chat, channelId }: Props): VNode {
  if (chat.people.stateOf(peerOf(channelId, chat.me) ?? '') === 'blocked')
    return <p class="composer-note">You blocked this person. Unblock them to write.</p>;
  const { left, peerIsGone, public: isPublic } = chat.thread(channelId);
  if (left) {
    return (
      <p class="composer-note">
        You are not in this group any more.{' '}
        {isPublic ? (
          <button type="button" class="link" onClick={() => page.attempt(() => chat.join(channelId))}>
            Join again
          </button>
        ) : null}
      </p>
    );
  }
  if (peerIsGone) return <p class="composer-note">You cannot write to an account that was deleted.</p>;
  const listens = chat.conversation(channelId)?.kind === 'broadcast' && chat.thread(channelId).myRole === 'member';
  if (listens) return <p class="composer-note">Only owners and admins write here.</p>;
  const draft = chat.writing.drafts.of(channelId);
  const edit = editIn(draft);
  return (
    <Composer
      key={edit === undefined ? 'new' : `edit ${edit.target.seq}`}
      label={`Message to ${chat.titleOf(channelId)}`}
      onText={(text) => chat.writing.typed(channelId, text)}
      initial={textIn(draft)}
      note={noteOf(draft, chat)}
      mentionable={chat.mentionable(channelId)}
      onCancel={() => chat.writing.cancel(channelId)}
      onSend={() => {
        try {
          chat.writing.say(channelId);
          return true;
        } catch (error) {
          page.complain(error);
          return false;
        }
      }}
    />
  );
}

/** What the composer is about, also where that message is not in sight. */
function noteOf(draft: Draft, chat: Chat): ComposerNote | undefined {
  const edit = editIn(draft);
  if (edit !== undefined) return { title: 'Editing', about: edit.target };
  return draft.reply && { title: `Reply to ${isolated(nameOf(chat, draft.reply.from))}`, about: draft.reply };
}

const nameOf = (chat: Chat, userId: string): string => (userId === chat.me ? 'yourself' : chat.people.nameOf(userId));

function actsOf({ page, chat, channelId }: Props): MessageActs {
  const { writing } = chat;
  return {
    me: chat.me,
    nameOf: chat.people.nameOf,
    moderates: !channelId.includes('~') && chat.thread(channelId).myRole !== 'member',
    onReply: (seq) => writing.reply(channelId, seq),
    onEdit: (seq) => writing.edit(channelId, seq),
    onErase: (seq) =>
      page.ask({
        text: 'Delete this message for everybody? It cannot be brought back.',
        label: 'Delete',
        act: async () => writing.erase(channelId, seq),
      }),
    onReact: (seq, emoji, removed) => page.attempt(async () => writing.react(channelId, seq, emoji, removed)),
  };
}

function Head({ chat, thread }: { chat: Chat; thread: Thread }): VNode {
  const { channelId } = thread;
  const peer = peerOf(channelId, chat.me);
  const title = chat.titleOf(channelId);
  const presence = peer === undefined ? undefined : chat.people.presenceOf(peer);
  return (
    <header class="bar">
      <a class="icon-button back" href={hashOf({ view: 'chats' })} aria-label="Back to the conversations">
        <Icon name="back" />
      </a>
      <Avatar id={peer ?? channelId} name={title} size="small" group={peer === undefined} presence={presence?.state} />
      <div class="bar-title">
        <h2>
          <bdi>{title}</bdi>
        </h2>
        <p data-testid="subtitle">
          {chat.typingText(channelId) || (peer === undefined ? membersText(thread) : presenceText(presence))}
        </p>
      </div>
      <a class="icon-button" href={hashOf({ view: 'about', channelId })} aria-label="About this conversation">
        <Icon name="info" />
      </a>
    </header>
  );
}

function membersText(thread: Thread): string {
  const count = thread.memberCount;
  if (count === 0) return '';
  return count === 1 ? 'Only you' : `${count.toLocaleString()} members`;
}

function Body({ page, chat, thread }: { page: Page; chat: Chat; thread: Thread }): VNode {
  if (thread.closed) {
    return (
      <div class="hollow">
        <h2>You are not in this conversation</h2>
        <p>If it is open to those who have its link, you may join it.</p>
        <button type="button" class="button primary" onClick={() => page.attempt(() => chat.join(thread.channelId))}>
          Join
        </button>
      </div>
    );
  }
  if (thread.state === 'failed' && thread.lines.length === 0) {
    return (
      <div class="hollow" role="alert">
        <h2>These messages could not be loaded</h2>
        <p>{sentenceFor(thread.failure)}</p>
        <button type="button" class="button" onClick={() => void thread.load()}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <ThreadView
      lines={thread.lines}
      loading={thread.state === 'loading' && thread.head === 0}
      older={thread.older}
      newer={thread.newer}
      complete={thread.complete}
      freshAbove={thread.freshAbove}
      head={thread.head}
      atHead={thread.atHead}
      target={thread.target}
      group={!thread.channelId.includes('~')}
      others={thread.memberCount - 1}
      nameOf={chat.people.nameOf}
      acts={actsOf({ page, chat, channelId: thread.channelId })}
      onOlder={() => void thread.loadOlder()}
      onNewer={() => void thread.loadNewer()}
      onNewest={() => page.attempt(() => thread.toNewest())}
      onEnd={() => thread.trim()}
      onSeen={() => chat.seen(thread.channelId)}
      onAgain={(message) => chat.writing.sendAgain(message)}
      onDiscard={(message) => chat.writing.discard(message)}
    />
  );
}
