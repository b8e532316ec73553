import { addTo, deleteFrom } from '../../core/grouped.js';
import type { FanoutEvents } from '../../protocol/frames.js';
import type { Outlet } from '../outlet.js';
import { encodeEvent } from './event-encoding.js';

/** The event streams that follow fan-out channels. */
export class StreamFollowers {
  private readonly channels = new Map<string, Set<Outlet>>();

  /** Channels that somebody follows. */
  get size(): number {
    return this.channels.size;
  }

  add(channelId: string, link: Outlet): void {
    addTo(this.channels, channelId, link);
  }

  delete(channelId: string, link: Outlet): void {
    deleteFrom(this.channels, channelId, link);
  }

  publish(events: FanoutEvents): void {
    const links = this.channels.get(events.channelId);
    if (links === undefined) return;
    const frame = encodeEvent({ requestId: 0, sessionSeq: 0, body: { type: 'fanout', value: events } });
    for (const link of links) link.enqueue(frame);
  }
}
