/**
 * Looks over inboxes, one after the other, and the logs of their channels, from their owners, while people chat; then the logs
 * that no inbox and no list named. Memory is that of one user's channels and of a bounded number of others.
 *
 * What an inbox lacks is judged in this order: the channel is looked over; its owner says from where on the member has not
 * confirmed; then the inbox is read to its end once more. What is lacking still was confirmed, or never known to be owed.
 */
import { ParleyError } from '../../core/errors.js';
import { type ActorId, type ChannelId, channelActor, type UserId, userActor } from '../../core/ids.js';
import type { LogPage } from '../../protocol/bus-messages.js';
import { ChannelJudge } from './channel-judge.js';
import { Findings, positions } from './findings.js';
import { InboxJudge } from './inbox-judge.js';
import type { LogReader } from './log-reader.js';
import { LookedOver } from './looked-over.js';
import { within } from './ranges.js';

/** Members whose turn was over before a channel turned up that owes them something. */
const LATE_MAX = 10_000;

export interface VerifierDeps {
  readonly reader: LogReader;
  /** The channels in a user's own list. */
  readonly channelsOf: (userId: UserId) => AsyncIterable<ChannelId>;
  /** All channels that have a log; none where only some users are of interest. */
  readonly storedChannels: () => AsyncIterable<ChannelId>;
  /** Younger events are in every inbox still, as of now, milliseconds. */
  readonly youngFromMs: () => number;
}

export class Verifier {
  readonly findings = new Findings();
  usersDone = 0;
  private readonly deps: VerifierDeps;
  private readonly lookedOver = new LookedOver();
  private readonly done = new Set<UserId>();
  private usersOver = false;
  private readonly late: { readonly userId: UserId; readonly channelId: ChannelId }[] = [];

  constructor(deps: VerifierDeps) {
    this.deps = deps;
  }

  /** Channels that were looked over. */
  get channels(): number {
    return this.lookedOver.count;
  }

  /** Resolves when all were looked over; rejects when an owner does not answer, or nobody wants to know any more. */
  async run(users: AsyncIterable<UserId> | Iterable<UserId>): Promise<void> {
    for await (const userId of users) {
      await this.user(userId);
      this.usersDone++;
      this.done.add(userId);
      this.lookedOver.release();
    }
    this.usersOver = true;
    for await (const channelId of this.deps.storedChannels()) {
      if (!this.lookedOver.knows(channelId)) await this.channel(channelId, 0);
      this.lookedOver.release();
    }
    for (const { userId, channelId } of this.late) await this.channelOfUser(userId, channelId);
  }

  private async user(userId: UserId): Promise<void> {
    const inbox = new InboxJudge(userId, this.findings);
    await this.readInbox(inbox);
    const named = new Set(inbox.channels());
    for await (const channelId of this.deps.channelsOf(userId)) named.add(channelId);
    for (const channel of this.lookedOver.all()) if (channel.dueTo(userId).length > 0) named.add(channel.id);
    for (const channelId of named) {
      const channel = await this.channel(channelId, 0);
      if (channel !== undefined) await this.compare(inbox, channel);
    }
  }

  /** Of a user whose turn is over: what is wrong with the inbox itself has been told. */
  private async channelOfUser(userId: UserId, channelId: ChannelId): Promise<void> {
    const inbox = new InboxJudge(userId, new Findings());
    await this.readInbox(inbox);
    const channel = await this.channel(channelId, 0);
    if (channel !== undefined) await this.compare(inbox, channel);
    this.lookedOver.release();
  }

  private async readInbox(inbox: InboxJudge): Promise<void> {
    for (;;) {
      const page = await this.page(userActor(inbox.userId), inbox.next, 'G3');
      if (page === undefined) return;
      const channels = new Map<ChannelId, ChannelJudge | undefined>();
      for (const { event } of page.rows)
        if (event !== undefined) channels.set(event.channelId, await this.channel(event.channelId, event.seq));
      inbox.take(page, (id) => channels.get(id));
      if (page.nextSeq > page.head) return;
    }
  }

  /** Looked over to the end, and up to `seq` at least if it goes so far. */
  private async channel(id: ChannelId, seq: number): Promise<ChannelJudge | undefined> {
    const known = this.lookedOver.use(id);
    if (known !== undefined && seq < known.next) return known;
    const channel = known ?? new ChannelJudge(id, this.findings);
    for (;;) {
      const page = await this.page(channelActor(id), channel.next, 'G1');
      if (page === undefined) return undefined;
      channel.take(page);
      if (page.nextSeq > page.head) break;
    }
    if (known === undefined && this.lookedOver.add(channel)) this.noteLate(channel);
    return channel;
  }

  private noteLate(channel: ChannelJudge): void {
    // What no inbox names, and all of them may have let go, is not asked of each of them once more.
    if (this.usersOver && channel.firstSince(this.deps.youngFromMs()) === Number.POSITIVE_INFINITY) return;
    for (const userId of channel.recipientsSeen())
      if (this.done.has(userId) && this.late.length < LATE_MAX) this.late.push({ userId, channelId: channel.id });
  }

  private async compare(inbox: InboxJudge, channel: ChannelJudge): Promise<void> {
    const suspected = inbox.lacking(channel, this.deps.youngFromMs());
    if (suspected.length === 0) return;
    const { owedFrom } = await this.deps.reader.read(channelActor(channel.id), channel.next, inbox.userId);
    const confirmed = owedFrom === 0 ? suspected : within(suspected, 1, owedFrom - 1);
    if (confirmed.length === 0) return;
    await this.readInbox(inbox);
    const lacking = inbox.notHeld(channel, confirmed);
    for (let i = 0; i + 1 < lacking.length; i += 2) {
      const [first = 0, last = 0] = lacking.slice(i, i + 2);
      const text = `The inbox lacks ${positions(first, last)} of ${channel.id}, which ${inbox.userId} was due.`;
      this.findings.add('G3', inbox.log, inbox.next - 1, text);
    }
  }

  /** Undefined, and a breach, for a log that its owner cannot open. */
  private async page(actor: ActorId, fromSeq: number, guarantee: 'G1' | 'G3'): Promise<LogPage | undefined> {
    try {
      return await this.deps.reader.read(actor, fromSeq);
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind !== 'internal') throw error;
      this.findings.add(guarantee, actor, fromSeq, 'The log cannot be opened.');
      return undefined;
    }
  }
}
