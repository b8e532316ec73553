import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';

/** Throws `invalid_argument` with a sentence for the person, unless the password may be chosen for this account. */
export function checkNewPassword(userId: UserId, password: string): void {
  const { passwordCharactersMin: least, passwordCharactersMax: most } = LIMITS;
  const characters = [...password].length;
  if (characters < least || characters > most) {
    const sentence = `A password has ${least} to ${most} characters.`;
    throw new ParleyError('invalid_argument', { sentence });
  }
  if (password.toLowerCase() === userId.toLowerCase())
    throw new ParleyError('invalid_argument', { sentence: 'The password must not be the name.' });
}
