import type { VNode } from 'preact';
import { PASSWORD_CHARACTERS_MIN } from '../../src/core/client-bounds.js';
import type { Chat } from '../model/chat.js';
import { PasswordForm } from './password-form.js';

interface Props {
  chat: Chat;
  /** It is another now, and the other devices are logged out. */
  onChanged: () => void;
}

export function PasswordCard({ chat, onChanged }: Props): VNode {
  return (
    <PasswordForm
      title="Password"
      action="Change the password"
      wrong="The current password is wrong."
      submit={(field) => chat.client.people.changePassword(field('current'), field('next')).then(onChanged)}
    >
      {/* For password managers. */}
      <input hidden readOnly name="username" autocomplete="username" value={chat.me} />
      <label class="field">
        <span>Current password</span>
        <input class="input" name="current" type="password" required autocomplete="current-password" />
      </label>
      <label class="field">
        <span>New password</span>
        <input
          class="input"
          name="next"
          type="password"
          required
          minLength={PASSWORD_CHARACTERS_MIN}
          autocomplete="new-password"
        />
        <small>At least {PASSWORD_CHARACTERS_MIN} characters. Your other devices are logged out.</small>
      </label>
    </PasswordForm>
  );
}
