/**
 * How far the user's fan-out channels have come: their events do not pass through the inbox, so their owners are asked
 * when a list of conversations is to show them.
 */

import type { ActorHost } from '../../cluster/actor-host.js';
import { type ChannelId, channelActor, type UserId } from '../../core/ids.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';

/** How long a list waits for the owners, milliseconds; what was heard before stands for those that do not answer. */
const WAIT_MS = 1_000;
/** What was heard is shown for so long without asking again, milliseconds. */
const FRESH_MS = 2_000;

export interface FanoutHead {
  readonly head: number;
  readonly name: string;
  readonly lastMessage: EncodedEvent | undefined;
}

interface Known extends FanoutHead {
  readonly heardMs: number;
}

export class FanoutHeads {
  private readonly host: ActorHost;
  private readonly userId: UserId;
  private readonly known = new SparseMap<ChannelId, Known>();
  private readonly waiting = new SparseMap<{ readonly open: Set<ChannelId>; readonly done: () => void }, true>();

  constructor(host: ActorHost, userId: UserId) {
    this.host = host;
    this.userId = userId;
  }

  of(channelId: ChannelId): FanoutHead | undefined {
    return this.known.get(channelId);
  }

  /** True once each of these was heard of within `freshMs`; false when some were not after WAIT_MS. */
  refresh(channelIds: readonly ChannelId[], freshMs = FRESH_MS): Promise<boolean> {
    const since = this.host.clock.monotonic() - freshMs;
    const open = new Set(channelIds.filter((id) => (this.known.get(id)?.heardMs ?? Number.NEGATIVE_INFINITY) <= since));
    if (open.size === 0) return Promise.resolve(true);
    for (const channelId of open) this.host.tell(channelActor(channelId), { type: 'head_wanted', userId: this.userId });
    return new Promise((resolve) => {
      const cancel = this.host.clock.after(WAIT_MS, () => wait.done());
      const wait = {
        open,
        done: (): void => {
          cancel();
          this.waiting.delete(wait);
          resolve(open.size === 0);
        },
      };
      this.waiting.set(wait, true);
    });
  }

  heard(channelId: ChannelId, { head, name, lastMessage }: FanoutHead): void {
    const before = this.known.get(channelId);
    if (before === undefined || head >= before.head)
      this.known.set(channelId, { head, name, lastMessage, heardMs: this.host.clock.monotonic() });
    for (const wait of this.waiting.keys()) if (wait.open.delete(channelId) && wait.open.size === 0) wait.done();
  }

  forget(channelId: ChannelId): void {
    this.known.delete(channelId);
  }
}
