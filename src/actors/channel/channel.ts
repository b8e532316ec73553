/**
 * One active channel: its state, its log and what it owes. Appends events, and once they are committed answers, fans out
 * and remembers. The requests that lead to events are in sends.ts and decide.ts, the reads in reads.ts.
 */
import type { ActorHost, Ask } from '../../cluster/actor-host.js';
import { CommitSpans } from '../../cluster/commit-spans.js';
import { OwnRecords } from '../../cluster/own-records.js';
import type { LogEntry, OwnedLog } from '../../cluster/owned-log.js';
import { RecentEvents } from '../../cluster/recent-events.js';
import { isProgrammersError, ParleyError } from '../../core/errors.js';
import { type ChannelId, shardOf, type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { StoreWrite } from '../../core/store.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { erasedEvent } from '../../protocol/erased-event.js';
import { factsOf } from '../../protocol/span-facts.js';
import { Long, v1 } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import { CHECKPOINT_KEY, encodeCheckpoint, isPaged, memberPages, readCheckpoint } from './checkpoint.js';
import { type EventBody, tierChange } from './decide.js';
import { Deliveries } from './deliveries.js';
import { targetOf } from './form.js';
import { FormerCopies } from './former-copies.js';
import { Forms } from './forms.js';
import { Lags } from './lag.js';
import { OpenEvent } from './open-event.js';
import { Recipients } from './recipients.js';
import { markOf } from './said-mark.js';
import { SendMemory } from './send-memory.js';
import type { ChannelState } from './state.js';
import { StoredSends } from './stored-sends.js';
import { WaitingAsks } from './waiting-asks.js';

/** Positions whose sends are remembered in memory, at most. */
const REMEMBERED_POSITIONS_MAX = 1_000;
/** How long an entry in the active set lingers after the last work, milliseconds. */
const ACTIVE_LINGER_MS = 60_000;
/** How often the head of a busy fan-out channel is told again, milliseconds. */
const HEAD_AGAIN_MS = 5_000;

const NO_WRITES: readonly StoreWrite[] = [];

export interface Author {
  readonly userId: UserId;
  /** The session that gets the acknowledgement; '' = none. */
  readonly sessionId: string;
  readonly clientMessageId: string;
}

/** The author of what the server does by itself. */
export const NOBODY: Author = { userId: '', sessionId: '', clientMessageId: '' };

/** What is made of the log behind the acknowledgements. */
interface Follower {
  /** Called after each commit. */
  grown(): void;
  /** Whether it owes work, for which the channel stays in the active set. */
  readonly waits: boolean;
}

export class Channel {
  readonly id: ChannelId;
  readonly host: ActorHost;
  readonly context: ActorContext;
  readonly state: ChannelState;
  readonly memory: SendMemory;
  readonly forms: Forms;
  private stored: StoredSends | undefined;
  private readonly recent: RecentEvents;
  readonly deliveries: Deliveries;
  readonly formerCopies: FormerCopies;
  private readonly recipients = new Recipients();
  private logOpened: OwnedLog | undefined;
  /** Writes of records in this channel's partition. */
  readonly ownRecords: OwnRecords;
  private checkpointSeq: number;
  /** Whether the store has all pages of members, as of the last checkpoint. */
  private pagesWritten: boolean;
  private listedActive = false;
  private dirty = false;
  private lastWorkMs = 0;
  private headToldMs = 0;
  private readonly waiting = new WaitingAsks();
  private follower: Follower = { grown: () => undefined, waits: false };
  private readonly afterCommit: { readonly seq: number; readonly run: () => void }[] = [];

  private constructor(host: ActorHost, context: ActorContext, id: ChannelId, state: ChannelState, lags: Lags) {
    this.host = host;
    this.context = context;
    this.id = id;
    this.ownRecords = new OwnRecords(context);
    this.deliveries = new Deliveries(this, lags);
    this.state = state;
    this.pagesWritten = isPaged(state);
    this.forms = new Forms(host, id, state, this.ownRecords);
    this.formerCopies = new FormerCopies(this);
    this.forms.onErased = (deletions) => this.formerCopies.note(deletions);
    this.forms.onTextsGone = (seqs) => {
      for (const seq of seqs) this.recent.replace(seq, ({ value }) => EncodedEvent.fromBytes(erasedEvent(value).bytes));
    };
    this.checkpointSeq = this.state.seq;
    this.memory = new SendMemory(this.state.seq, REMEMBERED_POSITIONS_MAX);
    this.recent = new RecentEvents(host.recent, LIMITS.recentEventsMax, LIMITS.recentBytesMax);
  }

  /** Takes the channel over: checkpoint, then the log above it. What was owed is owed again, and listed so. */
  static async activate(host: ActorHost, context: ActorContext, id: ChannelId): Promise<Channel> {
    const lags = new Lags();
    const channel = new Channel(host, context, id, await readCheckpoint(host.store, context.id, lags), lags);
    channel.logOpened = await host.openLog(context, channel.checkpointSeq, (entry) => channel.replay(entry));
    await channel.formerCopies.restore();
    if (channel.formerCopies.waits || channel.deliveries.lagging > 0 || channel.state.seq > channel.checkpointSeq) {
      await host.committer.commit([host.activeEntry(context, channel.ownRecords.nextCounter())]);
      channel.listActive();
      channel.lastWorkMs = host.clock.monotonic();
      channel.dirty = true;
      channel.deliveries.sendAgain();
      channel.askWhatWasRead();
    }
    return channel;
  }

  /** To be called once, when it is active: a follower reads what the activation found. */
  followedBy(follower: Follower): void {
    this.follower = follower;
  }

  /** After a crash: what was read since the checkpoint, of the members who are active. The others tell it when they are. */
  private askWhatWasRead(): void {
    const { host, id: channelId, state } = this;
    if (state.tier === v1.Tier.FANOUT) return;
    for (const userId of state.members.keys()) host.tell(userActor(userId), { type: 'read_wanted', channelId }, true);
  }

  get log(): OwnedLog {
    if (this.logOpened === undefined) throw new Error('the log opens during activation');
    return this.logOpened;
  }

  /** Made when somebody asks: most sends are in memory. */
  get storedSends(): StoredSends {
    this.stored ??= new StoredSends(async (from, to) =>
      (await this.log.read(from, to, to - from)).map(({ body }) => EncodedEvent.fromBytes(body).value),
    );
    return this.stored;
  }

  get committedHead(): number {
    return this.log.committedHead;
  }

  get busy(): boolean {
    return !this.log.settled || this.deliveries.lagging > 0 || this.formerCopies.waits || this.follower.waits;
  }

  private replay(entry: LogEntry): void {
    const event = EncodedEvent.fromBytes(entry.body);
    const due = this.recipients.applyAndFind(this.state, event.value);
    this.deliveries.owe(due, entry.seq);
    this.memory.remember(event.value, markOf(event.value), entry.seq);
    this.forms.note(event.value);
    this.recent.push(entry.seq, event);
    this.host.idIndex.add(event.value.messageId, { channelId: this.id, seq: entry.seq });
  }

  // ---- append ----------------------------------------------------------------------------------------------------

  /**
   * Gives the next position to an event and writes it. `ask`, if any, is refused should the store refuse. Throws
   * `overloaded` while too many positions are open, `unavailable` while ids wait for the store.
   */
  append(author: Author, body: EventBody, ask?: Ask): v1.Event {
    if (!this.log.hasRoom) throw new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.commit });
    const messageId = this.host.nextMessageId(this.context.id, this.state.lastMessageId);
    if (messageId === undefined) throw new ParleyError('unavailable', { retryAfterMs: RETRY_AFTER_MS.commit });
    const createdAtMs = Math.max(this.host.clock.now(), this.state.lastCreatedAtMs);
    const event = v1.Event.create(body);
    event.channelId = this.id;
    event.seq = this.state.seq + 1;
    event.messageId = messageId;
    event.createdAt = Long.fromNumber(createdAtMs, true);
    event.from = author.userId;
    event.clientMessageId = author.clientMessageId;
    const span = ask?.arrival?.span.child('append', this.context.id);
    const encoded = EncodedEvent.of(event).tracedBy(span?.context);
    const due = this.recipients.applyAndFind(this.state, event);
    if (ask !== undefined) this.waiting.add(event.seq, ask);
    this.memory.remember(event, markOf(event), this.committedHead);
    this.forms.assigned(event);
    const open = new OpenEvent(this, encoded, due, author.sessionId, span);
    this.log.append(encoded.bytes, this.activeEntries(), open, span && new CommitSpans(span));
    return event;
  }

  /** Another question that waits for the same position. */
  waitFor(seq: number, ask: Ask): void {
    this.waiting.add(seq, ask);
  }

  /** The same for the newest position, if there is one that is not committed yet. */
  waitForNewest(ask: Ask): void {
    if (this.committedHead < this.state.seq) this.waitFor(this.state.seq, ask);
  }

  /** Runs `run` when all that has a position now is committed: nothing above the committed head is ever shown. */
  whenCommitted(run: () => void): void {
    if (this.log.committedHead >= this.state.seq) run();
    else this.afterCommit.push({ seq: this.state.seq, run });
  }

  /** Tells the tier's change that the number of members now asks for. */
  settleTier(): void {
    const body = tierChange(this.state);
    if (body !== undefined) this.append(NOBODY, body);
  }

  private activeEntries(): readonly StoreWrite[] {
    this.dirty = true;
    this.lastWorkMs = this.host.clock.monotonic();
    if (this.listedActive) return NO_WRITES;
    this.listActive();
    return [this.host.activeEntry(this.context, this.ownRecords.nextCounter())];
  }

  /** Whatever is listed ticks, until it is off the list. */
  private listActive(): void {
    this.listedActive = true;
    this.context.requestTick();
  }

  /** Called by an event that was appended here, in order of seq. */
  committed({ event, due, senderSession, span }: OpenEvent): void {
    if (!this.context.alive) return;
    span?.end(factsOf(event.value));
    const { seq, messageId } = event.value;
    this.recent.push(seq, event);
    this.noteForm(event.value);
    this.host.idIndex.add(messageId, { channelId: this.id, seq });
    this.answerWaiting(event.value);
    this.fanOut(event, due, senderSession);
    while (this.afterCommit[0] !== undefined && this.afterCommit[0].seq <= seq) this.afterCommit.shift()?.run();
    this.follower.grown();
    if (seq - this.checkpointSeq >= LIMITS.checkpointEvery && this.log.settled) void this.behind(this.checkpoint());
  }

  /** What takes a text back is written at once, the rest before the next checkpoint. */
  private noteForm(event: v1.Event): void {
    if (targetOf(event) === undefined) return;
    this.forms.note(event);
    if (event.erased || event.edited) this.writeForms();
  }

  writeForms(): void {
    void this.behind(this.forms.flush());
  }

  private answerWaiting(event: v1.Event): void {
    const { channelId, seq, messageId, createdAt, clientMessageId } = event;
    const value = { channelId, seq, messageId, createdAt, clientMessageId };
    for (const ask of this.waiting.takeSendsOf(event)) this.host.answer(ask, { type: 'sendAck', value });
  }

  /** The store took nothing: who waits is told, and the positions are given up with this activation. */
  refused(error: ParleyError): void {
    if (!this.context.alive) return;
    for (const ask of this.waiting.takeAll()) this.host.refuse(ask, error);
    this.context.crash(error);
  }

  // ---- fan-out ---------------------------------------------------------------------------------------------------

  private fanOut(event: EncodedEvent, due: readonly UserId[], senderSession: string): void {
    this.deliveries.send(event, due, senderSession);
    if (this.state.tier === v1.Tier.FANOUT) {
      this.host.publishFanout({ channelId: this.id, head: event.value.seq, events: [event] });
      if (event.value.from !== '') this.tellAuthor(event.value, senderSession);
    }
  }

  private tellAuthor({ from, seq, body }: v1.Event, senderSession: string): void {
    const notice = { channelId: this.id, seq, isMessage: body === 'message', senderSession };
    this.host.tell(userActor(from), { type: 'authored', ...notice });
  }

  /** See Deliveries. */
  confirm(userId: UserId, seq: number, lacking: boolean): void {
    this.deliveries.confirm(userId, seq, lacking);
    this.dirty = true;
  }

  /** Tells the head: a member that lost the last event sees it so. Again and again while the channel is busy. */
  publishHead(): void {
    this.headToldMs = this.host.clock.monotonic();
    if (this.state.tier !== v1.Tier.FANOUT) return;
    this.host.publishFanout({ channelId: this.id, head: this.committedHead, events: [] });
  }

  // ---- reading ---------------------------------------------------------------------------------------------------

  /** Committed events with from ≤ seq < to, without deleted texts: from memory if they are there, else from the store. */
  async events(from: number, to: number): Promise<readonly EncodedEvent[]> {
    const end = Math.min(to, this.committedHead + 1);
    const masked = this.forms.mask();
    const recent = this.recent.slice(from, end);
    if (recent !== undefined) return recent.map(masked);
    const entries = await this.log.read(from, end, end - from);
    return entries.map((entry) => masked(EncodedEvent.fromBytes(entry.body)));
  }

  // ---- life ------------------------------------------------------------------------------------------------------

  /** Once a second while there is work: resends, and leaves the active set after a quiet minute. */
  tick(): boolean {
    this.deliveries.sendAgain();
    this.formerCopies.tick();
    const now = this.host.clock.monotonic();
    if (now - this.headToldMs >= HEAD_AGAIN_MS) this.publishHead();
    const quietMs = now - this.lastWorkMs;
    if (this.listedActive && !this.busy && quietMs >= ACTIVE_LINGER_MS) void this.behind(this.leaveActiveSet());
    return this.listedActive;
  }

  /** Checkpoint first: once off the list, nobody replays the log for what is owed. */
  async leaveActiveSet(): Promise<void> {
    if (!this.listedActive) return;
    const seq = this.state.seq;
    await this.checkpoint();
    if (this.busy || this.state.seq !== seq || !this.context.alive || !this.listedActive) return;
    this.listedActive = false;
    await this.host.committer
      .commit([this.host.inactiveEntry(this.context, this.ownRecords.nextCounter())])
      .catch((cause) => {
        this.listActive();
        if (isProgrammersError(cause)) throw cause;
      });
  }

  private async behind(work: Promise<void>): Promise<void> {
    await work.catch((cause: unknown) => {
      if (isProgrammersError(cause)) this.context.crash(cause);
      else this.host.logger.warn({ err: cause, actor: this.id }, 'a checkpoint waits');
    });
  }

  /** Something changed that only a checkpoint keeps. */
  markDirty(): void {
    this.dirty = true;
  }

  /** Writes the state as of the committed head, after the ids it covers. Only while the log is settled. */
  async checkpoint(): Promise<void> {
    if (!this.log.settled || !this.dirty) return;
    this.dirty = false;
    const checkpoint = this.ownRecords.write(CHECKPOINT_KEY, encodeCheckpoint(this.state, this.deliveries.lags));
    const touched = new Set(this.state.touched);
    this.state.touched.clear();
    const paged = isPaged(this.state);
    const pages = paged ? memberPages(this.state, this.pagesWritten ? touched : undefined) : new Map();
    this.checkpointSeq = this.state.seq;
    try {
      await this.host.idIndex.flush(shardOf(this.context.id));
      await this.forms.flush();
      if (pages.size > 0)
        await this.host.committer.commit([...pages].map(([key, value]) => this.ownRecords.write(key, value)));
      await this.host.committer.commit([checkpoint]);
      this.pagesWritten = paged;
    } catch (error) {
      this.dirty = true;
      for (const userId of touched) this.state.touched.add(userId);
      throw error;
    }
  }

  dispose(): void {
    this.recent.clear();
  }
}
