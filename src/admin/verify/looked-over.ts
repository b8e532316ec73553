import type { ChannelId } from '../../core/ids.js';
import type { ChannelJudge } from './channel-judge.js';

/** Bytes of channels that are kept so that a group is not read again for each of its members. */
const WEIGHT_MAX = 64 * 1024 * 1024;
/** Channels that are remembered to have been looked over. */
const NAMES_MAX = 1_000_000;

/** The channels looked over last, as many as fit; those of the user at hand stay. */
export class LookedOver {
  private readonly channels = new Map<ChannelId, ChannelJudge>();
  private readonly inUse = new Set<ChannelId>();
  private readonly names = new Set<ChannelId>();

  /** From now on it stays, until `release`. */
  use(id: ChannelId): ChannelJudge | undefined {
    const channel = this.channels.get(id);
    if (channel === undefined) return undefined;
    this.inUse.add(id);
    this.channels.delete(id);
    this.channels.set(id, channel);
    return channel;
  }

  /** Returns whether it is there for the first time, as far as that is known. */
  add(channel: ChannelJudge): boolean {
    this.channels.set(channel.id, channel);
    this.inUse.add(channel.id);
    if (this.names.has(channel.id) || this.names.size >= NAMES_MAX) return false;
    this.names.add(channel.id);
    return true;
  }

  /** Whether it was added before, as far as that is known. */
  knows(id: ChannelId): boolean {
    return this.names.has(id);
  }

  all(): IterableIterator<ChannelJudge> {
    return this.channels.values();
  }

  get count(): number {
    return this.names.size;
  }

  /** The user at hand is done. */
  release(): void {
    this.inUse.clear();
    let weight = 0;
    for (const channel of this.channels.values()) weight += channel.weight;
    for (const [id, channel] of this.channels) {
      if (weight <= WEIGHT_MAX) return;
      weight -= channel.weight;
      this.channels.delete(id);
    }
  }
}
