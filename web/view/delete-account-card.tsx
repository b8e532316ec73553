import { Component, type ComponentChild } from 'preact';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { passwordComplaint } from '../model/sentence.js';

interface Props {
  page: Page;
  chat: Chat;
}

interface CardState {
  busy: boolean;
  complaint: string | undefined;
}

/** What the deletion of one's account does; the password says that it is meant. */
export class DeleteAccountCard extends Component<Props, CardState> {
  override state: CardState = { busy: false, complaint: undefined };

  override render({ chat }: Props, { busy, complaint }: CardState): ComponentChild {
    return (
      <form class="card" aria-label="Delete my account" onSubmit={(event) => this.submit(event)}>
        <h2>Delete my account</h2>
        <p class="note">
          You leave all conversations, and your friends, settings and devices are removed, for good. What you said stays
          in the conversations, under the name {chat.me}, which is never given to anybody else.
        </p>
        {complaint === undefined ? null : (
          <p class="complaint" role="alert">
            {complaint}
          </p>
        )}
        <label class="field">
          <span>Your password, to delete the account</span>
          <input class="input" name="password" type="password" required autocomplete="off" />
        </label>
        <div class="row">
          <button type="submit" class="button danger" disabled={busy}>
            Delete my account
          </button>
        </div>
      </form>
    );
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    this.setState({ busy: true, complaint: undefined });
    this.props.page.deleteAccount(String(given.get('password') ?? '')).catch((error: unknown) => {
      this.setState({ busy: false, complaint: passwordComplaint(error, 'The password is wrong.') });
    });
  }
}
