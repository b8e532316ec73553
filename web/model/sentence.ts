import { ParleyError } from '../../client/index.js';

/** Where the server's own sentence is made for developers, or could be kinder. */
const KINDER: Readonly<Record<string, string>> = {
  unauthenticated: 'Please log in again.',
  session_revoked: 'This device was logged out. Please log in again.',
  refresh_reused: 'For your safety this device was logged out. Please log in again.',
  rate_limited: 'That was too often. Please wait a moment and try again.',
  overloaded: 'The server is busy. Please try again in a moment.',
  timeout: 'The server did not answer in time. Please try again.',
  unavailable: 'The server cannot be reached. Please try again in a moment.',
  draining: 'The server is restarting. Please try again in a moment.',
  internal: 'Something went wrong on the server. Please try again.',
  storage_full: 'The server has no room left, so this was not saved.',
  user_not_found: 'There is nobody of that name.',
  channel_not_found: 'This conversation does not exist.',
  not_a_member: 'You are not in this conversation.',
  message_erased: 'That message was deleted, so your change was not saved.',
  message_too_large: 'That message is too long.',
  last_owner: 'A group needs an owner: make someone else an owner first.',
};

/** What went wrong, in a sentence for the person at the screen. */
export function sentenceFor(error: unknown): string {
  if (error instanceof ParleyError) return KINDER[error.kind] ?? error.message;
  if (error instanceof TypeError) return 'The server cannot be reached. Please try again in a moment.';
  return 'Something went wrong on this page. Please try again.';
}

/** The same where one was asked for one's password: `wrong` when that is what is wrong. */
export function passwordComplaint(error: unknown, wrong: string): string {
  return error instanceof ParleyError && error.kind === 'wrong_credentials' ? wrong : sentenceFor(error);
}
