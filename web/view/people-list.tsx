import { Component, type ComponentChild, type VNode } from 'preact';
import type { Person, Relation } from '../../client/index.js';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { NO_SEARCH, PersonSearch, type PersonSearchState } from '../model/person-search.js';
import { Avatar } from './avatar.js';
import { Complaint } from './complaint.js';
import { Icon } from './icon.js';
import { PersonMenu } from './person-menu.js';
import { PersonSearchField } from './person-search-field.js';
import { presenceText } from './presence-text.js';

interface Props {
  page: Page;
  chat: Chat;
}

/** Finding people; requests, friends and the blocked. */
export class PeopleList extends Component<Props, PersonSearchState> {
  override state: PersonSearchState = NO_SEARCH;
  private readonly search = new PersonSearch(
    (prefix) => this.props.chat.people.find(prefix),
    (change) => this.setState(change),
  );

  override componentWillUnmount(): void {
    this.search.stop();
  }

  override render({ page, chat }: Props, { query, found, complaint }: PersonSearchState): ComponentChild {
    return (
      <>
        <div class="search">
          <Icon name="search" />
          <PersonSearchField search={this.search} query={query} label="Find people by name" />
        </div>
        <div class="scroll">
          <Complaint sentence={complaint} />
          {query.trim() === '' ? (
            <Relations page={page} chat={chat} />
          ) : (
            <Found page={page} chat={chat} people={found} />
          )}
        </div>
      </>
    );
  }
}

function Found({ page, chat, people }: Props & { people: readonly Person[] | undefined }): VNode {
  if (people === undefined) return <p class="plain-note">Looking…</p>;
  const others = people.filter((person) => person.userId !== chat.me);
  if (others.length === 0) return <p class="plain-note">Nobody's name starts like that.</p>;
  return (
    <ul aria-label="People found">
      {others.map((person) => (
        <li key={person.userId}>
          <PersonItem page={page} chat={chat} person={person} />
        </li>
      ))}
    </ul>
  );
}

function Relations({ page, chat }: Props): VNode {
  const { people } = chat;
  const friends = people.those('friend');
  return (
    <>
      <Section title="Wants to be your friend" page={page} chat={chat} people={people.those('request_received')} />
      <Section title="Friends" page={page} chat={chat} people={friends} />
      {people.loaded && friends.length === 0 ? (
        <p class="plain-note">No friends yet. Find someone above and send a request.</p>
      ) : null}
      <Section title="Asked by you" page={page} chat={chat} people={people.those('request_sent')} />
      <Section title="Blocked" page={page} chat={chat} people={people.those('blocked')} />
    </>
  );
}

function Section({ title, people, ...rest }: Props & { title: string; people: readonly Relation[] }): VNode | null {
  if (people.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 class="list-head">{title}</h2>
      <ul>
        {people.map((person) => (
          <li key={person.userId}>
            <PersonItem person={person} {...rest} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function PersonItem({ page, chat, person }: Props & { person: Person }): VNode {
  const { userId, displayName } = person;
  const { people } = chat;
  const state = people.stateOf(userId);
  const presence = people.presenceOf(userId);
  const details = [`@${userId}`, state === 'friend' ? presenceText(presence) : ''].filter((part) => part !== '');
  return (
    <div class="item" data-person={userId}>
      <Avatar id={userId} name={displayName || userId} presence={presence?.state} />
      <span class="item-text">
        <span class="item-line">
          <span class="item-title" dir="auto">
            {displayName || userId}
          </span>
        </span>
        <span class="item-line">
          <span class="item-detail">{details.join(' · ')}</span>
        </span>
      </span>
      <span class="actions">
        {state === 'request_received' ? (
          <button
            type="button"
            class="button primary compact"
            onClick={() => page.attempt(() => people.befriend(userId))}
          >
            Accept
          </button>
        ) : null}
        {state === 'blocked' ? (
          <button type="button" class="button compact" onClick={() => page.attempt(() => people.unblock(userId))}>
            Unblock
          </button>
        ) : null}
        {state === 'blocked' || state === 'request_received' ? null : (
          <button
            type="button"
            class="button compact"
            onClick={() => page.go({ view: 'channel', channelId: chat.client.directChannelId(userId) })}
          >
            Message
          </button>
        )}
        <PersonMenu page={page} chat={chat} person={person} />
      </span>
    </div>
  );
}
