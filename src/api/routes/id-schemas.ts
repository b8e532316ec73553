/** The ids that clients name, as paths, queries and bodies have them. */
import { CHANNEL_ID_CHARACTERS_MAX, USER_ID } from '../../core/ids.js';
import { MESSAGE_ID } from '../../core/message-id.js';
import { text } from '../schema.js';

export const DEVICE_ID_PATTERN = '^[A-Za-z0-9_-]{1,64}$';
export const userIdSchema = text({ pattern: USER_ID.source, description: "A user's id: the account's name." });
/** What is said of an id that does not match the pattern, which is nothing for people. */
export const ID_SENTENCES: Readonly<Record<string, string>> = {
  [USER_ID.source]: 'A name has 2 to 32 of a to z, 0 to 9 and _, and starts with a letter.',
};
export const channelIdSchema = text({
  minLength: 1,
  maxLength: CHANNEL_ID_CHARACTERS_MAX,
  description: "A channel's id: `alice~bob` or `g…`.",
});
export const messageIdSchema = text({ pattern: MESSAGE_ID.source, description: "A message's id, in decimal." });
