import { Component, type ComponentChild, createRef, type VNode } from 'preact';
import { completions, type Mentionable, namingAt } from '../model/mentioning.js';
import { roomAfter, roomText } from '../model/message-size.js';
import { Icon } from './icon.js';

export interface ComposerNote {
  readonly title: string;
  /** The message that is edited or answered. */
  readonly quoted: string;
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
  onTyping: () => void;
  /** Back to a plain new message. */
  onCancel: () => void;
}

interface ComposerState {
  text: string;
  caret: number;
}

/** Enter sends, Shift+Enter starts a line; on touch screens, where Enter is the only key for it, Enter starts a line. */
export class Composer extends Component<ComposerProps, ComposerState> {
  override state = { text: this.props.initial, caret: this.props.initial.length };
  private readonly box = createRef<HTMLTextAreaElement>();

  override componentDidMount(): void {
    const box = this.box.current;
    box?.setSelectionRange(box.value.length, box.value.length);
    if (!isTouch() || this.props.note !== undefined) box?.focus();
  }

  override componentDidUpdate(before: ComposerProps): void {
    if (this.props.note !== undefined && before.note?.title !== this.props.note.title) this.box.current?.focus();
  }

  override render({ label, note, onCancel }: ComposerProps, { text }: ComposerState): ComponentChild {
    const room = roomAfter(text);
    return (
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          this.send();
        }}
      >
        {note === undefined ? null : <Note {...note} onCancel={onCancel} />}
        <Completions offered={this.offered()} onPick={(picked) => this.complete(picked)} />
        <textarea
          ref={this.box}
          class="input"
          rows={1}
          value={text}
          placeholder="Write a message"
          aria-label={label}
          aria-describedby="composer-room"
          aria-invalid={room < 0}
          onInput={(event) => {
            this.typed(event.currentTarget);
            if (event.currentTarget.value.trim() !== '') this.props.onTyping();
          }}
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

  private typed({ value, selectionStart }: HTMLTextAreaElement): void {
    if (value !== this.state.text) this.props.onText(value);
    this.setState({ text: value, caret: selectionStart });
  }

  private offered(): readonly Mentionable[] {
    const naming = namingAt(this.state.text, this.state.caret);
    return naming === undefined ? [] : completions(naming.typed, this.props.mentionable);
  }

  private complete({ label }: Mentionable): void {
    const { text, caret } = this.state;
    const naming = namingAt(text, caret);
    if (naming === undefined) return;
    const begin = `${text.slice(0, naming.start)}@${label} `;
    this.props.onText(begin + text.slice(caret));
    this.setState({ text: begin + text.slice(caret), caret: begin.length });
    this.box.current?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    // Of Japanese, Chinese, Korean: Enter ends a conversion. Safari says so by the key code alone (it is not composing any more).
    if (event.isComposing || event.keyCode === 229) return;
    const [first] = this.offered();
    if (event.key === 'Escape' && this.props.note !== undefined) this.props.onCancel();
    else if (first !== undefined && (event.key === 'Tab' || (event.key === 'Enter' && !isTouch()))) {
      event.preventDefault();
      this.complete(first);
    } else if (event.key === 'Enter' && !event.shiftKey && !isTouch()) {
      event.preventDefault();
      this.send();
    }
  }

  private send(): void {
    const { text } = this.state;
    if (text.trim() === '' || roomAfter(text) < 0 || !this.props.onSend()) return;
    this.setState({ text: '', caret: 0 });
    this.box.current?.focus();
  }
}

function Note({ title, quoted, onCancel }: ComposerNote & { onCancel: () => void }): VNode {
  return (
    <p class="composer-about">
      <span class="composer-quoted">
        <b>{title}</b> {quoted}
      </span>
      <button type="button" class="link" onClick={onCancel}>
        Cancel
      </button>
    </p>
  );
}

interface CompletionsProps {
  offered: readonly Mentionable[];
  onPick: (picked: Mentionable) => void;
}

function Completions({ offered, onPick }: CompletionsProps): VNode | null {
  if (offered.length === 0) return null;
  return (
    <ul class="completions" aria-label="Mention">
      {offered.map((one) => (
        <li key={`${one.kind}${one.userId}`}>
          <button type="button" onClick={() => onPick(one)}>
            @{one.label}
          </button>
        </li>
      ))}
    </ul>
  );
}

function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
