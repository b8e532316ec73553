import { Component, type ComponentChild } from 'preact';
import type { Person } from '../../client/index.js';
import type { Chat } from '../model/chat.js';
import { sentenceFor } from '../model/sentence.js';
import { Avatar } from './avatar.js';
import { Icon } from './icon.js';

interface PickerProps {
  chat: Chat;
  chosen: readonly Person[];
  /** Not offered. */
  without: ReadonlySet<string>;
  onChange: (chosen: readonly Person[]) => void;
}

interface PickerState {
  query: string;
  found: readonly Person[];
  complaint: string | undefined;
}

const SEARCH_DELAY_MS = 250;

/** Chooses people among friends, or by the beginning of a name. */
export class PersonPicker extends Component<PickerProps, PickerState> {
  override state: PickerState = { query: '', found: [], complaint: undefined };
  private timer: ReturnType<typeof setTimeout> | undefined;

  override componentWillUnmount(): void {
    clearTimeout(this.timer);
  }

  override render({ chosen }: PickerProps, { query, complaint }: PickerState): ComponentChild {
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
                  {person.displayName}
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
        <input
          class="input"
          type="search"
          value={query}
          placeholder="Find people by name"
          aria-label="Find people to add by name"
          maxLength={32}
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => this.search(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
        />
        {complaint === undefined ? null : (
          <p class="complaint" role="alert">
            {complaint}
          </p>
        )}
        <ul aria-label="People to add">
          {this.offered().map((person) => (
            <li key={person.userId}>
              <button type="button" class="item" data-add={person.userId} onClick={() => this.toggle(person)}>
                <Avatar id={person.userId} name={person.displayName} size="small" />
                <span class="item-text">
                  <span class="item-title">{person.displayName}</span> <span class="item-detail">@{person.userId}</span>
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
    const from = this.state.query.trim() === '' ? chat.people.those('friend') : this.state.found;
    const taken = new Set([...without, ...chosen.map((person) => person.userId), chat.me]);
    return from.filter((person) => !taken.has(person.userId));
  }

  private toggle(person: Person): void {
    const { chosen, onChange } = this.props;
    const others = chosen.filter((other) => other.userId !== person.userId);
    onChange(others.length < chosen.length ? others : [...chosen, person]);
    this.setState({ query: '', found: [] });
  }

  private search(query: string): void {
    clearTimeout(this.timer);
    this.setState({ query, complaint: undefined });
    const prefix = query.trim().toLowerCase();
    if (prefix === '') return;
    this.timer = setTimeout(() => void this.find(prefix), SEARCH_DELAY_MS);
  }

  private async find(prefix: string): Promise<void> {
    const stillAsked = (): boolean => this.state.query.trim().toLowerCase() === prefix;
    try {
      const found = await this.props.chat.people.find(prefix);
      if (stillAsked()) this.setState({ found });
    } catch (error) {
      if (stillAsked()) this.setState({ complaint: sentenceFor(error) });
    }
  }
}
