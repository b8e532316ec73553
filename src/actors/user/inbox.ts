/**
 * A user's inbox, the message sync queue: takes what channels deliver, once and in each channel's order, and gives pages
 * of it to sessions and polls.
 */

import type { ActorHost } from '../../cluster/actor-host.js';
import type { CommitTrace } from '../../cluster/committer.js';
import { OwnRecords } from '../../cluster/own-records.js';
import type { OwnedLog, RowOwner } from '../../cluster/owned-log.js';
import { compareEpochs } from '../../core/epoch.js';
import { ParleyError } from '../../core/errors.js';
import type { ChannelId, UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { StoreWrite } from '../../core/store.js';
import { countWithin, EncodedEvent } from '../../protocol/encoded-event.js';
import { erasedEvent } from '../../protocol/erased-event.js';
import type { Delivery } from '../../protocol/frames.js';
import type { v1 } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import {
  CHECKPOINT_KEY,
  decodeReadCursor,
  decodeUser,
  encodeReadCursor,
  encodeUser,
  READ_KEY_PREFIX,
  type UserCheckpoint,
} from './checkpoint.js';
import { unreadOf } from './conversations.js';
import type { InboxExtent } from './cursor.js';
import { InboxErasures } from './inbox-erasures.js';
import { InboxRing } from './inbox-ring.js';
import { changesMentions, MENTIONS_KEY, Mentions } from './mentions.js';
import { applyEntry, applyRead, eraseMessage, type UserChannels } from './state.js';

const SAVED: Promise<void> = Promise.resolve();

const RECORDS_PAGE = 500;
/** Rows looked at for trimming at one checkpoint. */
const TRIM_ROWS = 200;

/** What an event that is offered is to the inbox. */
export type Offer = 'due' | 'known' | 'lacking' | 'full';

/** The first events, as many as the bytes of a page allow; one at least. */
function ofOnePage(events: readonly EncodedEvent[]): readonly EncodedEvent[] {
  return events.slice(0, countWithin(events, LIMITS.deliveryPageBytesMax));
}

export class Inbox {
  readonly userId: UserId;
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  readonly saved: UserCheckpoint;
  private logOpened: OwnedLog | undefined;
  private readonly ring = new InboxRing();
  /** Writes of records in this user's partition. */
  readonly ownRecords: OwnRecords;
  private dirty = false;
  /** The last one that is under way. */
  private checkpointing: Promise<boolean> | undefined;
  /** Records of the user that sort after the read cursors, and so came with them, as of the activation. */
  readonly records = new SparseMap<string, Uint8Array>();
  mentions = new Mentions(undefined);
  /** The newest write of them. */
  private mentionsSaved = SAVED;
  /** Cursors that were durable before the first entry of their channel, which comes again. */
  private readonly readEarly = new SparseMap<ChannelId, number>();
  /** Channels that were read after the last checkpoint, as of the activation: those of a crash. */
  readonly readLately: ChannelId[] = [];
  /** Made with the first deletion. */
  private erasures: InboxErasures | undefined;

  private constructor(host: ActorHost, context: ActorContext, userId: UserId, checkpoint: UserCheckpoint) {
    this.host = host;
    this.context = context;
    this.userId = userId;
    this.saved = checkpoint;
    this.ownRecords = new OwnRecords(context);
  }

  static async open(host: ActorHost, context: ActorContext, userId: UserId): Promise<Inbox> {
    const record = await host.store.readRecord(context.id, CHECKPOINT_KEY);
    const inbox = new Inbox(host, context, userId, decodeUser(record?.value));
    const mentioning: v1.Event[] = [];
    inbox.logOpened = await host.openLog(context, inbox.saved.inboxSeq, (entry) => {
      const event = EncodedEvent.fromBytes(entry.body);
      applyEntry(inbox.channels, event, inbox.userId);
      inbox.remember(entry.seq, event);
      inbox.noteErasure(entry.seq, event);
      if (changesMentions(event.value, inbox.userId)) mentioning.push(event.value);
      inbox.dirty = true;
    });
    await inbox.loadRecords();
    inbox.mentions = new Mentions(inbox.records.get(MENTIONS_KEY));
    for (const event of mentioning) inbox.mentions.apply(event, inbox.userId);
    return inbox;
  }

  private async loadRecords(): Promise<void> {
    for (let after = READ_KEY_PREFIX; ; ) {
      const records = await this.host.store.readRecords(this.context.id, after, RECORDS_PAGE);
      for (const { key, value } of records) {
        if (key.startsWith(READ_KEY_PREFIX)) this.loadRead(key.slice(READ_KEY_PREFIX.length), decodeReadCursor(value));
        else this.records.set(key, value);
        after = key;
      }
      if (records.length < RECORDS_PAGE) return;
    }
  }

  private loadRead(channelId: ChannelId, seq: number): void {
    const channel = this.channels.get(channelId);
    if (channel === undefined) this.readEarly.set(channelId, seq);
    else if (applyRead(channel, seq)) this.readLately.push(channelId);
  }

  get channels(): UserChannels {
    return this.saved.channels;
  }

  get log(): OwnedLog {
    if (this.logOpened === undefined) throw new Error('the log opens during activation');
    return this.logOpened;
  }

  get head(): number {
    return this.log.assignedHead;
  }

  get extent(): InboxExtent {
    const { epoch, startSeq, assignedHead } = this.log;
    // Its own entry also covers the rows it adopted, which are as their owner left them: a cursor is not cut there.
    const epochs = this.log.epochs.filter((entry) => compareEpochs(entry.epoch, epoch) < 0);
    return { epoch, startSeq, epochs, assignedHead, floor: this.saved.floor };
  }

  cursorAt(inboxSeq: number): v1.ICursor {
    return { term: this.log.epoch.term, sub: this.log.epoch.sub, inboxSeq };
  }

  /** Whether an event is the next one due: after `previousSeq` (0: everything before it is here). */
  judge(previousSeq: number, { channelId, seq, erased }: v1.Event): Offer {
    const lastSeq = this.channels.get(channelId)?.lastSeq ?? 0;
    if (seq <= lastSeq) return 'known';
    if (previousSeq !== 0 && previousSeq !== lastSeq) return 'lacking';
    if (erased != null && this.erasures?.isFull) return 'full';
    return this.log.hasRoom ? 'due' : 'full';
  }

  /**
   * Takes an event that is due, and returns its position. `owner` hears once it is durable, with `also`: its seq may be
   * confirmed to the channel.
   */
  append(event: EncodedEvent, also: readonly StoreWrite[], owner: RowOwner, trace?: CommitTrace): number {
    const channel = applyEntry(this.channels, event, this.userId);
    const readSeq = this.readEarly.get(event.value.channelId);
    if (readSeq !== undefined) applyRead(channel, readSeq);
    this.mentions.apply(event.value, this.userId);
    this.dirty = true;
    const inboxSeq = this.log.append(event.bytes, also, owner, trace);
    this.remember(inboxSeq, event);
    this.noteErasure(inboxSeq, event);
    return inboxSeq;
  }

  /** The copies of a deleted message lose their text: those in memory now, those in the store before the next checkpoint. */
  private noteErasure(inboxSeq: number, event: EncodedEvent): void {
    if (event.value.erased == null) return;
    this.erasures ??= new InboxErasures(this.host);
    if (this.erasures.note(event.value, inboxSeq)) this.eraseInRing(this.erasures);
  }

  private eraseInRing(erasures: InboxErasures): void {
    this.ring.replace((held) => (erasures.covers(held.value) ? erasedEvent(held.value) : held));
  }

  /** The same for messages whose deletion is no entry of this inbox. Throws `overloaded` while too many wait for the store. */
  eraseCopies(channelId: ChannelId, seqs: readonly number[]): void {
    this.erasures ??= new InboxErasures(this.host);
    if (this.erasures.isFull) throw new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.room });
    const channel = this.channels.get(channelId);
    for (const seq of seqs) {
      this.erasures.add(channelId, seq, this.log.assignedHead);
      this.mentions.remove(channelId, seq);
      if (channel !== undefined) eraseMessage(channel, seq);
    }
    this.eraseInRing(this.erasures);
    this.dirty = true;
  }

  /** Resolves when what was deleted so far is gone from the store, too. */
  flushErasures(): Promise<void> {
    return this.erasures?.flush(this.log, this.saved.floor) ?? Promise.resolve();
  }

  /** The last seq of a channel that the inbox holds for good: it may be confirmed. */
  durableSeq(channelId: ChannelId): number {
    // Of what was due before the first row under way, all is here.
    const isOfIt = ({ value }: EncodedEvent): boolean => value.channelId === channelId;
    const first = this.ring.findAfter(this.log.committedHead, isOfIt)?.value;
    return first === undefined ? (this.channels.get(channelId)?.lastSeq ?? 0) : first.seq - 1;
  }

  /**
   * Entries right after `afterSeq`: up to the assigned head while in memory, up to the committed head from the store. Undefined
   * when the inbox no longer reaches back that far.
   */
  async page(afterSeq: number, limit: number): Promise<readonly EncodedEvent[] | undefined> {
    const inMemory = this.fromRing(afterSeq, limit);
    if (inMemory !== undefined) return ofOnePage(inMemory);
    const entries = await this.log.read(afterSeq + 1, this.log.committedHead + 1, limit);
    // Looked at after the read: old rows may have gone before it, or under way.
    if (afterSeq < this.saved.floor) return undefined;
    return ofOnePage(entries.map((entry) => EncodedEvent.fromBytes(entry.body)));
  }

  /** The same without waiting; undefined when it is not in memory. */
  fromRing(afterSeq: number, limit: number): readonly EncodedEvent[] | undefined {
    return this.ring.after(afterSeq, limit);
  }

  /** `own`: to the session that sent it, which has it. */
  deliveryOf(inboxSeq: number, event: EncodedEvent, own = false): Delivery {
    const channel = this.channels.get(event.value.channelId);
    const unread = channel === undefined ? 0 : unreadOf(channel, channel.lastSeq);
    return { cursor: this.cursorAt(inboxSeq), event: own ? undefined : event, unread };
  }

  private remember(inboxSeq: number, event: EncodedEvent): void {
    this.ring.push(inboxSeq, event, this.logOpened?.committedHead ?? inboxSeq);
  }

  // ---- what is kept ----------------------------------------------------------------------------------------------

  /** Moves a read cursor and resolves when that is durable: cursors only grow. */
  saveRead(channelId: ChannelId, seq: number): Promise<void> {
    this.dirty = true;
    return this.saveRecord(`${READ_KEY_PREFIX}${channelId}`, encodeReadCursor(seq));
  }

  /** Resolves when the record is durable. */
  async saveRecord(key: string, value: Uint8Array): Promise<void> {
    await this.host.committer.commit([this.ownRecords.write(key, value)]);
  }

  markDirty(): void {
    this.dirty = true;
  }

  /** The user is gone, last seen then: the next checkpoint has it. */
  left(lastSeenMs: number): void {
    this.saved.lastSeenMs = lastSeenMs;
    this.dirty = true;
  }

  get settled(): boolean {
    return this.log.settled;
  }

  get checkpointDue(): boolean {
    return this.log.settled && this.log.committedHead - this.saved.inboxSeq >= LIMITS.checkpointEvery;
  }

  /**
   * Writes the state as of the committed head, then drops rows that nobody is due any more. Tells whether all that was here
   * when it began is durable; not while rows are under way.
   */
  checkpoint(online: boolean): Promise<boolean> {
    if (!this.dirty && this.checkpointing !== undefined) return this.checkpointing;
    if (!this.dirty || !this.log.settled) return Promise.resolve(!this.dirty);
    const checkpointing = this.writeCheckpoint(online).finally(() => {
      if (this.checkpointing === checkpointing) this.checkpointing = undefined;
    });
    this.checkpointing = checkpointing;
    return checkpointing;
  }

  private async writeCheckpoint(online: boolean): Promise<boolean> {
    this.dirty = false;
    try {
      const floorBefore = this.saved.floor;
      await Promise.all([this.flushErasures(), this.saveMentions()]);
      const floor = await this.floorAfter(floorBefore);
      if (!this.isCovered) {
        this.dirty = true;
        return false;
      }
      Object.assign(this.saved, { inboxSeq: this.log.committedHead, floor, term: this.context.epoch.term, online });
      await this.saveRecord(CHECKPOINT_KEY, encodeUser(this.saved));
      if (floor > floorBefore) this.trim(floor);
      return true;
    } catch (cause) {
      this.dirty = true;
      throw cause;
    }
  }

  /** Whether a checkpoint may cover every entry: what an activation would do again with those above it is done. */
  private get isCovered(): boolean {
    return this.log.settled && !this.mentions.dirty && this.erasures?.waits !== true;
  }

  /**
   * Drops the rows up to `floor`, which is durable. By itself and not with what is committed: nobody should wait for it, and
   * what it did not get to, the next one does.
   */
  private trim(floor: number): void {
    const { store, logger } = this.host;
    store
      .write([{ type: 'trim', log: this.log.id, belowSeq: floor + 1 }])
      .catch((cause: unknown) => logger.warn({ err: cause, actor: this.context.id }, 'old entries wait to be dropped'));
  }

  /** Before the checkpoint that covers its entries: they are applied again to a feed that has them. */
  private saveMentions(): Promise<void> {
    if (this.mentions.dirty) this.mentionsSaved = this.writeMentions();
    return this.mentionsSaved;
  }

  private async writeMentions(): Promise<void> {
    this.mentions.dirty = false;
    await this.saveRecord(MENTIONS_KEY, this.mentions.encode()).catch((cause: unknown) => {
      this.mentions.dirty = true;
      throw cause;
    });
  }

  /** How far rows are older than the inbox is kept. The floor is durable before they go. */
  private async floorAfter(floor: number): Promise<number> {
    const keptFromMs = this.host.clock.now() - LIMITS.inboxKeepMs;
    let next = floor;
    for (const limit of [1, TRIM_ROWS]) {
      for (const entry of await this.log.read(next + 1, this.log.committedHead, limit)) {
        if (EncodedEvent.fromBytes(entry.body).value.createdAt.toNumber() >= keptFromMs) return next;
        next = entry.seq;
      }
    }
    return next;
  }
}
