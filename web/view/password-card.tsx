import { Component, type ComponentChild } from 'preact';
import type { Chat } from '../model/chat.js';
import { passwordComplaint } from '../model/sentence.js';

interface Props {
  chat: Chat;
  /** It is another now, and the other devices are logged out. */
  onChanged: () => void;
}

interface CardState {
  busy: boolean;
  complaint: string | undefined;
}

export class PasswordCard extends Component<Props, CardState> {
  override state: CardState = { busy: false, complaint: undefined };

  override render({ chat }: Props, { busy, complaint }: CardState): ComponentChild {
    return (
      <form class="card" aria-label="Password" onSubmit={(event) => this.submit(event)}>
        <h2>Password</h2>
        {complaint === undefined ? null : (
          <p class="complaint" role="alert">
            {complaint}
          </p>
        )}
        {/* For password managers. */}
        <input hidden readOnly name="username" autocomplete="username" value={chat.me} />
        <label class="field">
          <span>Current password</span>
          <input class="input" name="current" type="password" required autocomplete="current-password" />
        </label>
        <label class="field">
          <span>New password</span>
          <input class="input" name="next" type="password" required minLength={8} autocomplete="new-password" />
          <small>At least 8 characters. Your other devices are logged out.</small>
        </label>
        <div class="row">
          <button type="submit" class="button" disabled={busy}>
            Change the password
          </button>
        </div>
      </form>
    );
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    this.setState({ busy: true, complaint: undefined });
    const { people } = this.props.chat.client;
    people.changePassword(String(given.get('current') ?? ''), String(given.get('next') ?? '')).then(
      () => {
        this.setState({ busy: false });
        form.reset();
        this.props.onChanged();
      },
      (error: unknown) =>
        this.setState({ busy: false, complaint: passwordComplaint(error, 'The current password is wrong.') }),
    );
  }
}
