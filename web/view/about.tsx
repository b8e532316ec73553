import { Component, type ComponentChild, type VNode } from 'preact';
import type { Member, Person, Role } from '../../client/index.js';
import { CHANNEL_NAME_CHARACTERS_MAX } from '../../src/core/client-bounds.js';
import { isolated } from '../model/bidi.js';
import type { Chat } from '../model/chat.js';
import { peerOf } from '../model/conversations.js';
import type { Page } from '../model/page.js';
import { hashOf } from '../model/route.js';
import { holdTo } from '../model/text-length.js';
import type { Thread } from '../model/thread.js';
import { Avatar } from './avatar.js';
import { ChannelNotifications } from './channel-notifications.js';
import { Menu, type MenuItem } from './menu.js';
import { PersonPicker } from './person-picker.js';
import { presenceText } from './presence-text.js';
import { SheetHead } from './sheet-head.js';

interface Props {
  page: Page;
  chat: Chat;
  channelId: string;
}

/** Who is in a conversation, and what one may do about it. */
export function About({ page, chat, channelId }: Props): VNode {
  const peer = peerOf(channelId, chat.me);
  const { left, peerIsGone } = chat.thread(channelId);
  return (
    <>
      <SheetHead title="About this conversation" back={{ view: 'channel', channelId }} />
      <div class="scroll">
        <div class="sheet">
          {peer === undefined ? (
            <AboutGroup page={page} chat={chat} channelId={channelId} />
          ) : (
            <AboutPerson page={page} chat={chat} peer={peer} gone={peerIsGone} />
          )}
          {left ? null : <ChannelNotifications page={page} chat={chat} channelId={channelId} />}
          {peer === undefined && !left ? <Leave page={page} chat={chat} channelId={channelId} /> : null}
        </div>
      </div>
    </>
  );
}

function AboutPerson({ page, chat, peer, gone }: { page: Page; chat: Chat; peer: string; gone: boolean }): VNode {
  const { people } = chat;
  const name = people.nameOf(peer);
  const presence = people.presenceOf(peer);
  return (
    <>
      <div class="identity">
        <Avatar id={peer} name={name} size="large" presence={presence?.state} />
        <div>
          <h2>
            <bdi>{name}</bdi>
          </h2>
          <p>
            @{peer} {presenceText(presence) === '' ? '' : `· ${presenceText(presence)}`}
          </p>
        </div>
      </div>
      {gone ? null : <Friendship page={page} chat={chat} peer={peer} />}
    </>
  );
}

function Friendship({ page, chat, peer }: { page: Page; chat: Chat; peer: string }): VNode {
  const { people } = chat;
  const state = people.stateOf(peer);
  const button = (label: string, act: () => Promise<unknown>, kind = ''): VNode => (
    <button key={label} type="button" class={`button ${kind}`} onClick={() => page.attempt(act)}>
      {label}
    </button>
  );
  return (
    <section class="card" aria-label="Friendship">
      <div class="row">
        {state === 'friend' ? button('Remove from friends', () => people.part(peer)) : null}
        {state === 'request_sent' ? button('Take the request back', () => people.part(peer)) : null}
        {state === 'request_received' ? button('Accept as a friend', () => people.befriend(peer), 'primary') : null}
        {state === undefined ? button('Ask to be friends', () => people.befriend(peer), 'primary') : null}
        {state === 'blocked'
          ? button('Unblock', () => people.unblock(peer))
          : button('Block', () => people.block(peer), 'danger')}
      </div>
      <p class="note">Whoever you block is not told. You no longer see what they write to you.</p>
    </section>
  );
}

function AboutGroup({ page, chat, channelId }: Props): VNode {
  const thread = chat.thread(channelId);
  const title = chat.titleOf(channelId);
  const manages = thread.myRole !== 'member';
  return (
    <>
      <div class="identity">
        <Avatar id={channelId} name={title} size="large" group />
        <div>
          <h2>
            <bdi>{title}</bdi>
          </h2>
          <p>{thread.memberCount === 1 ? 'Only you' : `${thread.memberCount.toLocaleString()} members`}</p>
        </div>
      </div>
      {manages ? <Rename key={title} page={page} chat={chat} channelId={channelId} name={title} /> : null}
      <Members page={page} chat={chat} thread={thread} />
      {thread.public ? <Link channelId={channelId} /> : null}
      {(manages || thread.public) && !thread.left ? <Invite page={page} chat={chat} thread={thread} /> : null}
    </>
  );
}

function Rename({ page, chat, channelId, name }: Props & { name: string }): VNode {
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = String(new FormData(event.currentTarget).get('name') ?? '').trim();
        if (wanted !== '' && wanted !== name) page.attempt(() => chat.client.rename(channelId, wanted));
      }}
    >
      <label class="field" for="group-name">
        <span>Name</span>
      </label>
      <div class="row">
        <input
          id="group-name"
          dir="auto"
          class="input grow"
          name="name"
          required
          onInput={(event) => holdTo(CHANNEL_NAME_CHARACTERS_MAX, event.currentTarget)}
          defaultValue={name}
        />
        <button type="submit" class="button">
          Rename
        </button>
      </div>
    </form>
  );
}

const ROLE_RANK: Readonly<Record<Role, number>> = { owner: 0, admin: 1, member: 2 };

function Members({ page, chat, thread }: { page: Page; chat: Chat; thread: Thread }): VNode {
  const { nameOf } = chat.people;
  const members = [...thread.members.values()].sort(
    (one, other) =>
      ROLE_RANK[one.role] - ROLE_RANK[other.role] || nameOf(one.userId).localeCompare(nameOf(other.userId)),
  );
  return (
    <section class="card" aria-label="Members">
      <h2>Members</h2>
      <ul>
        {members.map((member) => (
          <li key={member.userId} class="item" data-member={member.userId}>
            <Avatar
              id={member.userId}
              name={nameOf(member.userId)}
              size="small"
              presence={chat.people.presenceOf(member.userId)?.state}
            />
            <span class="item-text">
              <span class="item-title">
                <bdi>{nameOf(member.userId)}</bdi>
                {member.userId === chat.me ? ' (you)' : ''}
              </span>{' '}
              <span class="item-detail">@{member.userId}</span>
            </span>
            {member.role === 'member' ? null : <span class="tag">{member.role}</span>}
            <MemberMenu page={page} chat={chat} thread={thread} member={member} />
          </li>
        ))}
      </ul>
      {thread.moreMembers ? (
        <button type="button" class="button quiet" onClick={() => page.attempt(() => thread.loadMoreMembers())}>
          Show more members
        </button>
      ) : null}
    </section>
  );
}

/** Whoever follows it may join. */
function Link({ channelId }: { channelId: string }): VNode {
  return (
    <label class="card field">
      <span>Whoever has this link may join</span>
      <input
        class="input"
        readOnly
        value={`${location.origin}/${hashOf({ view: 'channel', channelId })}`}
        onFocus={(event) => event.currentTarget.select()}
      />
    </label>
  );
}

interface MemberProps {
  page: Page;
  chat: Chat;
  thread: Thread;
  member: Member;
}

function MemberMenu({ page, chat, thread, member }: MemberProps): VNode | null {
  const { client, me } = chat;
  const { channelId, myRole } = thread;
  const { userId, role } = member;
  const items: MenuItem[] = [];
  const name = isolated(chat.people.nameOf(userId));
  const item = (label: string, act: () => Promise<unknown>): void => {
    items.push({ label, act: () => page.attempt(act) });
  };
  const asked = (label: string, text: string, act: () => Promise<unknown>): void => {
    items.push({ label, danger: true, act: () => page.ask({ text, label, act }) });
  };
  if (userId !== me) {
    items.push({
      label: 'Message',
      act: () => page.go({ view: 'channel', channelId: client.directChannelId(userId) }),
    });
    if (myRole === 'owner') {
      if (role !== 'owner')
        asked('Make an owner', `Make ${name} an owner? An owner can remove everybody, you too.`, () =>
          client.setRole(channelId, userId, 'owner'),
        );
      if (role !== 'admin') item('Make an admin', () => client.setRole(channelId, userId, 'admin'));
      if (role !== 'member') item('Make a member', () => client.setRole(channelId, userId, 'member'));
    }
    if (myRole === 'owner' || (myRole === 'admin' && role === 'member'))
      asked('Remove from the group', `Remove ${name} from the group?`, () => client.remove(channelId, userId));
  }
  return items.length === 0 ? null : <Menu label={`More about ${name}`} items={items} />;
}

interface InviteProps {
  page: Page;
  chat: Chat;
  thread: Thread;
}

class Invite extends Component<InviteProps, { chosen: readonly Person[] }> {
  override state: { chosen: readonly Person[] } = { chosen: [] };

  override render({ page, chat, thread }: InviteProps, { chosen }: { chosen: readonly Person[] }): ComponentChild {
    const add = async (): Promise<void> => {
      await chat.client.invite(
        thread.channelId,
        chosen.map((person) => person.userId),
      );
      this.setState({ chosen: [] });
    };
    return (
      <section class="card" aria-label="Add people">
        <h2>Add people</h2>
        <PersonPicker
          chat={chat}
          chosen={chosen}
          without={new Set(thread.members.keys())}
          onChange={(people) => this.setState({ chosen: people })}
        />
        {chosen.length === 0 ? null : (
          <button type="button" class="button primary" onClick={() => page.attempt(add)}>
            Add to the group
          </button>
        )}
      </section>
    );
  }
}

function Leave({ page, chat, channelId }: Props): VNode {
  const leave = async (): Promise<void> => {
    await chat.leave(channelId);
    page.go({ view: 'chats' });
  };
  return (
    <button
      type="button"
      class="button danger"
      onClick={() => page.ask({ text: leaveText(chat.thread(channelId)), label: 'Leave the group', act: leave })}
    >
      Leave the group
    </button>
  );
}

function leaveText(thread: Thread): string {
  return thread.public
    ? 'Leave the group? With its link you can join again.'
    : 'Leave the group? To come back you need an invitation.';
}
