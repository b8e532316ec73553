import type { VNode } from 'preact';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { PasswordForm } from './password-form.js';

interface Props {
  page: Page;
  chat: Chat;
}

/** What the deletion of one's account does; the password says that it is meant. */
export function DeleteAccountCard({ page, chat }: Props): VNode {
  return (
    <PasswordForm
      title="Delete my account"
      action="Delete my account"
      danger
      wrong="The password is wrong."
      submit={(field) => page.deleteAccount(field('password'))}
    >
      <p class="note">
        You leave all conversations, and your friends, settings and devices are removed, for good. What you said stays
        in the conversations, under the name {chat.me}, which is never given to anybody else.
      </p>
      <label class="field">
        <span>Your password, to delete the account</span>
        <input class="input" name="password" type="password" required autocomplete="off" />
      </label>
    </PasswordForm>
  );
}
