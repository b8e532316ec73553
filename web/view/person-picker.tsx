import { Component, type ComponentChild } from 'preact';
import type { Person } from '../../client/index.js';
import type { Chat } from '../model/chat.js';
import { NO_SEARCH, PersonSearch, type PersonSearchState } from '../model/person-search.js';
import { Avatar } from './avatar.js';
import { Complaint } from './complaint.js';
import { Icon } from './icon.js';
import { PersonSearchField } from './person-search-field.js';

interface PickerProps {
  chat: Chat;
  chosen: readonly Person[];
  /** Not offered. */
  without: ReadonlySet<string>;
  onChange: (chosen: readonly Person[]) => void;
}

/** Chooses people among friends, or by the beginning of a name. */
export class PersonPicker extends Component<PickerProps, PersonSearchState> {
  override state: PersonSearchState = NO_SEARCH;
  private readonly search = new PersonSearch(
    (prefix) => this.props.chat.people.find(prefix),
    (change) => this.setState(change),
  );

  override componentWillUnmount(): void {
    this.search.stop();
  }

  override render({ chosen }: PickerProps, { query, complaint }: PersonSearchState): ComponentChild {
    return (
      <div class="field">
        {chosen.length === 0 ? null : (
          <ul class="chips" aria-label="Chosen">
            {chosen.map((person) => (
              <li key={person.userId}>
                <button
                  type="button"
                  class="chip"
                  aria-label={`Leave out ${person.displayName}`}
                  onClick={() => this.toggle(person)}
                >
                  <bdi>{person.displayName}</bdi>
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
        <PersonSearchField search={this.search} query={query} label="Find people to add by name" />
        <Complaint sentence={complaint} />
        <ul aria-label="People to add">
          {this.offered().map((person) => (
            <li key={person.userId}>
              <button type="button" class="item" data-add={person.userId} onClick={() => this.toggle(person)}>
                <Avatar id={person.userId} name={person.displayName} size="small" />
                <span class="item-text">
                  <span class="item-title" dir="auto">
                    {person.displayName}
                  </span>{' '}
                  <span class="item-detail">@{person.userId}</span>
                </span>
                <Icon name="plus" />
              </button>
            </li>
          ))}
        </ul>
      </div>
    );
  }

  private offered(): readonly Person[] {
    const { chat, chosen, without } = this.props;
    const from = this.state.query.trim() === '' ? chat.people.those('friend') : (this.state.found ?? []);
    const taken = new Set([...without, ...chosen.map((person) => person.userId), chat.me]);
    return from.filter((person) => !taken.has(person.userId));
  }

  private toggle(person: Person): void {
    const { chosen, onChange } = this.props;
    const others = chosen.filter((other) => other.userId !== person.userId);
    onChange(others.length < chosen.length ? others : [...chosen, person]);
    this.search.typed('');
  }
}
