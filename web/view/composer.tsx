import { Component, type ComponentChild, createRef } from 'preact';
import { Icon } from './icon.js';

interface ComposerProps {
  label: string;
  /** False: it was not taken, and the text stays. */
  onSend: (text: string) => boolean;
  onTyping: () => void;
}

/** Enter sends, Shift+Enter starts a line; on touch screens, where Enter is the only key for it, Enter starts a line. */
export class Composer extends Component<ComposerProps, { text: string }> {
  override state = { text: '' };
  private readonly box = createRef<HTMLTextAreaElement>();

  override componentDidMount(): void {
    if (!isTouch()) this.box.current?.focus();
  }

  override render({ label }: ComposerProps, { text }: { text: string }): ComponentChild {
    return (
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          this.send();
        }}
      >
        <textarea
          ref={this.box}
          class="input"
          rows={1}
          value={text}
          placeholder="Write a message"
          aria-label={label}
          maxLength={16_000}
          onInput={(event) => {
            this.setState({ text: event.currentTarget.value });
            if (event.currentTarget.value.trim() !== '') this.props.onTyping();
          }}
          onKeyDown={(event) => this.onKey(event)}
        />
        <button type="submit" class="icon-button" aria-label="Send" disabled={text.trim() === ''}>
          <Icon name="send" />
        </button>
      </form>
    );
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || isTouch()) return;
    event.preventDefault();
    this.send();
  }

  private send(): void {
    const text = this.state.text.trim();
    if (text === '' || !this.props.onSend(text)) return;
    this.setState({ text: '' });
    this.box.current?.focus();
  }
}

function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
