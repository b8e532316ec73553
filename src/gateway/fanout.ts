import type { EdgeBus } from '../cluster/actor-client.js';
import { type ChannelId, channelActor, shardOf } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import type { FanoutEvents } from '../protocol/frames.js';
import { joinedUsers } from '../protocol/joined-users.js';
import type { v1 } from '../protocol/wire.js';
import type { Session } from './session.js';
import { WantedHeads } from './wanted-heads.js';

/** Hands a channel's events to all local transports that follow it, encoded once per form. */
export type FanoutPublisher = (events: FanoutEvents) => void;

interface Channel {
  /** Those that are interested. */
  readonly sessions: Set<Session>;
  /** Those among them that follow it no more: see Session.fanoutChannels. */
  readonly left: Set<Session>;
  /** The last head that was published; undefined until one was seen. */
  head: number | undefined;
}

/**
 * Which channels of the fan-out tier this gateway's sessions are interested in. Subscribes on the bus while anyone is,
 * and sees to it that whoever joins learns the head after the subscription is active, so that nothing falls between.
 */
export class FanoutHub {
  private readonly channels = new Map<ChannelId, Channel>();
  private readonly heads: WantedHeads;
  private readonly bus: EdgeBus;
  private readonly nowMs: () => number;
  private readonly publish: FanoutPublisher;
  private readonly logger: Logger;

  /** `nowMs`: monotonic milliseconds. */
  constructor(bus: EdgeBus, nowMs: () => number, publish: FanoutPublisher, logger: Logger) {
    this.bus = bus;
    this.nowMs = nowMs;
    this.heads = new WantedHeads(bus.actors);
    this.publish = publish;
    this.logger = logger;
  }

  /**
   * `seqs`: of each channel the newest event that the user's actor has. What it said before it heard that the user left does
   * not count; where it has a later event, the user is back.
   */
  add(session: Session, channelIds: readonly ChannelId[], seqs: readonly number[] = []): void {
    const added = channelIds.filter((channelId, index) => {
      const leftAt = session.fanoutChannels?.get(channelId);
      return leftAt === undefined || (leftAt > 0 && (seqs[index] ?? 0) > leftAt);
    });
    for (const channelId of added) this.join(session, channelId);
    this.followAll(session, added);
  }

  remove(session: Session, channelIds: Iterable<ChannelId>): void {
    for (const channelId of channelIds) {
      if (!session.fanoutChannels?.delete(channelId)) continue;
      session.link?.transport.unfollow(channelId);
      this.leave(session, channelId);
    }
    if (session.fanoutChannels?.size === 0) session.fanoutChannels = undefined;
  }

  /** The session has a new link: its transport follows what the session is interested in. */
  attach(session: Session): void {
    this.followAll(session, [...(session.fanoutChannels?.keys() ?? [])]);
  }

  /** The link of the session goes. */
  detach(session: Session): void {
    for (const channelId of session.fanoutChannels?.keys() ?? []) session.link?.transport.unfollow(channelId);
  }

  /** Publishes what the bus brought. Who leaves by it gets nothing that is published afterwards. */
  deliver(events: FanoutEvents): void {
    const channel = this.channels.get(events.channelId);
    if (channel === undefined) return;
    this.heads.settle(events.channelId);
    const known = channel.head ?? 0;
    channel.head = Math.max(known, events.head);
    this.publish(events);
    // What comes late says nothing of who is a member now.
    for (const { value } of events.events) if (value.seq > known) this.membersChange(channel, value);
  }

  /** The user's actor says so, too, but it hears of it by another way, which may be slower, or faster. */
  private membersChange(channel: Channel, { channelId, seq, left, joined }: v1.Event): void {
    if (left) {
      for (const session of channel.sessions) {
        if (session.caller.userId !== left.userId) continue;
        channel.left.add(session);
        session.fanoutChannels?.set(channelId, seq);
        session.link?.transport.unfollow(channelId);
      }
    }
    if (joined && channel.left.size > 0) {
      const users = new Set(joinedUsers(joined));
      for (const session of channel.left) if (users.has(session.caller.userId)) this.add(session, [channelId], [seq]);
    }
  }

  /** The owners of these shards have changed: each is asked for its heads, so that a last event that was lost shows. */
  moved(shards: ReadonlySet<number>): void {
    for (const channelId of this.channels.keys())
      if (shards.has(shardOf(channelActor(channelId)))) this.heads.ask(channelId, this.nowMs());
  }

  /** Called once a second. */
  sweep(): void {
    this.heads.sweep(this.nowMs());
  }

  /** What is published does not wait for the end of a turn as the session's frames do: those of before are written first. */
  private followAll(session: Session, channelIds: readonly ChannelId[]): void {
    const { link, stream } = session;
    if (channelIds.length > 0 && link !== undefined && (stream.hasWaiting || link.hasWaiting)) link.flush();
    for (const channelId of channelIds) this.follow(session, channelId);
  }

  /** Nothing where the link has closed, and with it perhaps the session. */
  private follow(session: Session, channelId: ChannelId): void {
    const link = session.link;
    const channel = this.channels.get(channelId);
    if (link === undefined || session.fanoutChannels?.get(channelId) !== 0) return;
    link.transport.follow(channelId);
    const head = channel?.head;
    if (head === undefined) return;
    link.send({ requestId: 0, sessionSeq: 0, body: { type: 'fanout', value: { channelId, head, events: [] } } });
  }

  private join(session: Session, channelId: ChannelId): void {
    session.fanoutChannels ??= new Map();
    session.fanoutChannels.set(channelId, 0);
    const channel = this.channels.get(channelId);
    if (channel !== undefined) {
      channel.sessions.add(session);
      channel.left.delete(session);
      if (channel.head === undefined) this.heads.hasten(channelId);
      return;
    }
    const begun: Channel = { sessions: new Set([session]), left: new Set(), head: undefined };
    this.channels.set(channelId, begun);
    this.bus.subscribeFanout(channelId).then(
      () => {
        if (this.channels.get(channelId) === begun) this.heads.ask(channelId, this.nowMs());
      },
      (cause: unknown) => this.logger.error({ channelId, cause: String(cause) }, 'A fan-out subscription failed.'),
    );
  }

  private leave(session: Session, channelId: ChannelId): void {
    const channel = this.channels.get(channelId);
    if (channel === undefined) return;
    channel.sessions.delete(session);
    channel.left.delete(session);
    if (channel.sessions.size > 0) return;
    this.channels.delete(channelId);
    this.heads.settle(channelId);
    this.bus.unsubscribeFanout(channelId);
  }
}
