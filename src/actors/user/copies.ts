import { ParleyError } from '../../core/errors.js';
import type { ChannelId } from '../../core/ids.js';
import type { User } from './user.js';

/**
 * Takes the texts of messages that were deleted when the user had left their channel out of the inbox and all that is made of
 * it. Resolves when that is durable; rejects with `overloaded` while rows are under way, or as the store does.
 */
export async function eraseCopies(user: User, channelId: ChannelId, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) user.pushes.erased(channelId, seq);
  user.inbox.eraseCopies(channelId, seqs);
  if (!(await user.checkpoint())) throw new ParleyError('overloaded', { retryAfterMs: 1_000 });
}
