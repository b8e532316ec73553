import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';

export const PASSWORD_CHARACTERS_MIN = 8;
export const PASSWORD_CHARACTERS_MAX = 128;

/** Throws `invalid_argument` with a sentence for the person, unless the password may be chosen for this account. */
export function checkNewPassword(userId: UserId, password: string): void {
  const characters = [...password].length;
  if (characters < PASSWORD_CHARACTERS_MIN || characters > PASSWORD_CHARACTERS_MAX) {
    const sentence = `A password has ${PASSWORD_CHARACTERS_MIN} to ${PASSWORD_CHARACTERS_MAX} characters.`;
    throw new ParleyError('invalid_argument', { sentence });
  }
  if (password.toLowerCase() === userId.toLowerCase())
    throw new ParleyError('invalid_argument', { sentence: 'The password must not be the name.' });
}
