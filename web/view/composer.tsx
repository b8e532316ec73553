import { Component, type ComponentChild, createRef, type VNode } from 'preact';
import type { DraftTarget } from '../model/drafts.js';
import { completions, type Mentionable, namingAt } from '../model/mentioning.js';
import { roomAfter, roomText } from '../model/message-size.js';
import { Icon } from './icon.js';

export interface ComposerNote {
  readonly title: string;
  /** The message that is edited or answered. */
  readonly about: DraftTarget;
}

interface ComposerProps {
  label: string;
  /** What stands in it at first: what was begun before, or the message that is edited. */
  initial: string;
  /** What is special about it: an edit, a reply. */
  note: ComposerNote | undefined;
  mentionable: readonly Mentionable[];
  /** With each letter. */
  onText: (text: string) => void;
  /** False: it was not taken, and the text stays. */
  onSend: () => boolean;
  /** Back to a plain new message. */
  onCancel: () => void;
}

interface ComposerState {
  text: string;
  caret: number;
  /** Which of those offered to be mentioned the arrow keys have chosen; -1: none. */
  chosen: number;
  /** Where the `@` stands whose offers Escape has put away. */
  putAway: number | undefined;
}

const OFFERS_ID = 'composer-offers';
const offerId = (at: number): string => `${OFFERS_ID}-${at}`;

/** Enter sends, Shift+Enter starts a line; on touch screens, where Enter is the only key for it, Enter starts a line. */
export class Composer extends Component<ComposerProps, ComposerState> {
  override state: ComposerState = {
    text: this.props.initial,
    caret: this.props.initial.length,
    chosen: -1,
    putAway: undefined,
  };
  private readonly box = createRef<HTMLTextAreaElement>();

  override componentDidMount(): void {
    const box = this.box.current;
    box?.setSelectionRange(box.value.length, box.value.length);
    if (!isTouch() || this.props.note !== undefined) box?.focus();
  }

  override componentDidUpdate(before: ComposerProps): void {
    if (this.props.note !== undefined && before.note?.about !== this.props.note.about) this.box.current?.focus();
  }

  override render({ label, note }: ComposerProps, { text, chosen }: ComposerState): ComponentChild {
    const room = roomAfter(text);
    const offered = this.offered();
    return (
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          this.send();
        }}
      >
        {note === undefined ? null : <Note {...note} onCancel={() => this.cancel()} />}
        <Offers offered={offered} chosen={chosen} onPick={(picked) => this.complete(picked)} />
        <textarea
          ref={this.box}
          class="input"
          rows={1}
          value={text}
          placeholder="Write a message"
          dir="auto"
          aria-label={label}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={offered.length > 0 ? OFFERS_ID : undefined}
          aria-activedescendant={offered[chosen] === undefined ? undefined : offerId(chosen)}
          aria-describedby="composer-room"
          aria-invalid={room < 0}
          onInput={(event) => this.typed(event.currentTarget)}
          onClick={(event) => this.typed(event.currentTarget)}
          onKeyDown={(event) => this.onKey(event)}
        />
        <button type="submit" class="icon-button" aria-label="Send" disabled={text.trim() === '' || room < 0}>
          <Icon name="send" />
        </button>
        <p id="composer-room" class={`composer-room ${room < 0 ? 'over' : ''}`}>
          {roomText(room)}
        </p>
      </form>
    );
  }

  private cancel(): void {
    this.props.onCancel();
    this.box.current?.focus();
  }

  private typed({ value, selectionStart }: HTMLTextAreaElement): void {
    if (value !== this.state.text) this.props.onText(value);
    this.setState({ text: value, caret: selectionStart, chosen: -1 });
  }

  private naming(): ReturnType<typeof namingAt> {
    return namingAt(this.state.text, this.state.caret, this.props.mentionable);
  }

  private offered(): readonly Mentionable[] {
    const naming = this.naming();
    return naming === undefined || naming.start === this.state.putAway
      ? []
      : completions(naming.typed, this.props.mentionable);
  }

  private complete({ label }: Mentionable): void {
    const { text, caret } = this.state;
    const naming = this.naming();
    if (naming === undefined) return;
    const begin = `${text.slice(0, naming.start)}@${label} `;
    this.props.onText(begin + text.slice(caret));
    this.setState({ text: begin + text.slice(caret), caret: begin.length, chosen: -1 });
    this.box.current?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    // Of Japanese, Chinese, Korean: Enter ends a conversion. Safari says so by the key code alone (it is not composing any more).
    if (event.isComposing || event.keyCode === 229) return;
    if (this.onOfferKey(event)) event.preventDefault();
    else if (event.key === 'Escape' && this.props.note !== undefined) this.cancel();
    else if (event.key === 'Enter' && !event.shiftKey && !isTouch()) {
      event.preventDefault();
      this.send();
    }
  }

  /** True: the key was for the list of those who may be mentioned. Enter takes only what the arrow keys have chosen. */
  private onOfferKey({ key, shiftKey }: KeyboardEvent): boolean {
    const offered = this.offered();
    const { chosen } = this.state;
    if (offered.length === 0 || shiftKey) return false;
    const picked = offered[chosen] ?? (key === 'Tab' ? offered[0] : undefined);
    if (key === 'ArrowDown') this.setState({ chosen: (chosen + 1) % offered.length });
    else if (key === 'ArrowUp') this.setState({ chosen: (chosen <= 0 ? offered.length : chosen) - 1 });
    else if (key === 'Escape') this.setState({ chosen: -1, putAway: this.naming()?.start });
    else if ((key === 'Tab' || key === 'Enter') && picked !== undefined) this.complete(picked);
    else return false;
    return true;
  }

  private send(): void {
    const { text } = this.state;
    if (text.trim() === '' || roomAfter(text) < 0 || !this.props.onSend()) return;
    this.setState({ text: '', caret: 0, chosen: -1, putAway: undefined });
    this.box.current?.focus();
  }
}

function Note({ title, about, onCancel }: ComposerNote & { onCancel: () => void }): VNode {
  return (
    <p class="composer-about">
      <span class="composer-quoted">
        <b>{title}</b> <bdi>{about.text}</bdi>
      </span>
      <button type="button" class="link" onClick={onCancel}>
        Cancel
      </button>
    </p>
  );
}

interface OffersProps {
  offered: readonly Mentionable[];
  chosen: number;
  onPick: (picked: Mentionable) => void;
}

/** Whom one may be about to mention. The keys go to the text box, which names the chosen one. */
function Offers({ offered, chosen, onPick }: OffersProps): VNode | null {
  if (offered.length === 0) return null;
  return (
    <div id={OFFERS_ID} class="offers" role="listbox" aria-label="Mention">
      {offered.map((one, at) => (
        <button
          key={`${one.kind}${one.userId}`}
          id={offerId(at)}
          type="button"
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          onClick={() => onPick(one)}
        >
          @<bdi>{one.label}</bdi>
        </button>
      ))}
    </div>
  );
}

function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
