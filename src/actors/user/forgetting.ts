/**
 * What is still to be done for a user whose account was deleted: the inbox is emptied, then all channels are left. In rounds,
 * which go on by themselves, and of which each is an answer for those who ask. The user is listed in the active set until
 * nothing is left, so that the next owner goes on.
 */
import type { ActorHost } from '../../cluster/actor-host.js';
import { eachBounded } from '../../core/bounded.js';
import { isProgrammersError } from '../../core/errors.js';
import type { ChannelId } from '../../core/ids.js';
import type { ActorAnswer } from '../../protocol/bus-messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { CHECKPOINT_KEY, encodeUser } from './checkpoint.js';
import { emptyInbox, isEmptied } from './empty-inbox.js';
import type { Inbox } from './inbox.js';

/** Channels that a round leaves at most, and how long it begins to: well within the time that its asker waits. */
const CHANNELS_A_ROUND = 64;
const ROUND_MS = 2_000;
const CHANNELS_AT_ONCE = 8;
/** How long until what failed is tried again, milliseconds. */
const AGAIN_MS = 10_000;
/** Channels that an answer names. */
const NAMED_MAX = 20;

type Forgotten = Extract<ActorAnswer, { type: 'forgotten' }>['value'];

export class Forgetting {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly inbox: Inbox;
  /** Resolves when the channel is left for good. */
  private readonly leave: (channelId: ChannelId) => Promise<void>;
  private emptied: boolean;
  private done: boolean;
  /** Channels that could not be left since all of them were tried: they wait until the others are. */
  private readonly failed = new Set<ChannelId>();
  /** For all who ask meanwhile. */
  private round: Promise<Forgotten> | undefined;
  private notBeforeMs = 0;

  constructor(host: ActorHost, context: ActorContext, inbox: Inbox, leave: Forgetting['leave']) {
    this.host = host;
    this.context = context;
    this.inbox = inbox;
    this.leave = leave;
    this.emptied = isEmptied(inbox);
    this.done = this.emptied && inbox.channels.size === 0;
  }

  /** During the activation. */
  async resume(): Promise<void> {
    if (this.done) return;
    await this.host.committer.commit([this.host.activeEntry(this.context, this.inbox.ownRecords.nextCounter())]);
    this.context.requestTick();
  }

  /** Whether anything is left to do. */
  get owes(): boolean {
    return !this.done;
  }

  get underWay(): boolean {
    return this.round !== undefined;
  }

  /** Whether no copy of any message is left. */
  get isEmpty(): boolean {
    return this.emptied;
  }

  /**
   * Does the next part, unless all that is left has failed a moment ago: whoever asks again at once is told so. Rejects as
   * the store does.
   */
  goOn(): Promise<Forgotten> {
    if (this.done) return Promise.resolve({ done: true, notLeft: [] });
    if (this.round === undefined && this.allFailed && this.waits)
      return Promise.resolve({ done: false, notLeft: this.notLeft });
    this.round ??= this.nextRound()
      .catch((error: unknown) => {
        this.waitAfter(error, 'a deleted user waits to be forgotten');
        throw error;
      })
      .finally(() => {
        this.round = undefined;
      });
    return this.round;
  }

  /** Once a second; whether it goes on. */
  tick(): boolean {
    if (!this.underWay && !this.waits) this.goOn().catch(() => undefined);
    return this.owes;
  }

  private async nextRound(): Promise<Forgotten> {
    const { host, context, inbox } = this;
    if (!this.emptied) await emptyInbox(host, context, inbox);
    this.emptied = true;
    await this.leaveSome();
    const isLast = inbox.channels.size === 0;
    const unlisted = isLast ? [host.inactiveEntry(context, inbox.ownRecords.nextCounter())] : [];
    await host.committer.commit([inbox.ownRecords.write(CHECKPOINT_KEY, encodeUser(inbox.saved)), ...unlisted]);
    this.done = isLast;
    return { done: isLast, notLeft: this.allFailed ? this.notLeft : [] };
  }

  private get waits(): boolean {
    return this.host.clock.monotonic() < this.notBeforeMs;
  }

  private get notLeft(): readonly ChannelId[] {
    return [...this.failed].slice(0, NAMED_MAX);
  }

  /** Whether channels are left, and none of them could be. */
  private get allFailed(): boolean {
    return this.failed.size > 0 && this.failed.size === this.inbox.channels.size;
  }

  private async leaveSome(): Promise<void> {
    const { clock } = this.host;
    if (this.allFailed) this.failed.clear();
    const some = [...this.inbox.channels.keys()].filter((id) => !this.failed.has(id)).slice(0, CHANNELS_A_ROUND);
    const endMs = clock.monotonic() + ROUND_MS;
    let failure: unknown;
    await eachBounded(some, CHANNELS_AT_ONCE, async (channelId) => {
      if (clock.monotonic() >= endMs) return;
      await this.leave(channelId).then(
        () => this.inbox.channels.delete(channelId),
        (error: unknown) => {
          this.failed.add(channelId);
          failure = error;
        },
      );
    });
    if (failure !== undefined && this.allFailed) this.again(failure, 'channels wait to be left by a deleted user');
  }

  /** The error is its own: a channel's refusal, also an `internal` one, crashes nobody here. */
  private waitAfter(error: unknown, what: string): void {
    if (isProgrammersError(error)) this.context.crash(error);
    else this.again(error, what);
  }

  private again(error: unknown, what: string): void {
    if (!this.context.alive) return;
    this.notBeforeMs = this.host.clock.monotonic() + AGAIN_MS;
    this.host.logger.warn({ err: error, actor: this.context.id }, what);
  }
}
