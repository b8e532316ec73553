import { ParleyError } from '../../core/errors.js';
import type { ChannelId } from '../../core/ids.js';
import { keepNewest } from '../../core/keep-newest.js';
import { LIMITS } from '../../core/limits.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { User } from './user.js';

const idOf = (channelId: ChannelId, seq: number): string => `${channelId}\0${seq}`;

/** Copies of messages that were deleted when the user had left their channel. */
export class Copies {
  private readonly user: User;
  /**
   * Whose rows have lost their text, the newest last. A large inbox may take longer to look through than a channel waits: it
   * asks again, and is not to be in vain again.
   */
  private readonly gone = new Set<string>();

  constructor(user: User) {
    this.user = user;
  }

  /**
   * Takes their texts out of the inbox and all that is made of it. Resolves when that is durable; rejects with `overloaded`
   * while rows are under way, or as the store does.
   */
  async erase(channelId: ChannelId, seqs: readonly number[]): Promise<void> {
    const { user } = this;
    const wanted = seqs.filter((seq) => !this.gone.has(idOf(channelId, seq)));
    if (wanted.length > 0) await this.eraseRows(channelId, wanted);
    if (!(await user.checkpoint())) throw new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.slow });
  }

  private async eraseRows(channelId: ChannelId, seqs: readonly number[]): Promise<void> {
    const { inbox, pushes } = this.user;
    for (const seq of seqs) pushes.erased(channelId, seq);
    inbox.eraseCopies(channelId, seqs);
    if (!inbox.settled) return; // nor is a checkpoint written then
    await inbox.flushErasures();
    this.remember(channelId, seqs);
  }

  private remember(channelId: ChannelId, seqs: readonly number[]): void {
    for (const seq of seqs) this.gone.add(idOf(channelId, seq));
    keepNewest(this.gone, LIMITS.erasuresWaitingMax);
  }
}
