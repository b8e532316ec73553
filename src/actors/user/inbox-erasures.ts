/**
 * Deleted messages lose their text in the inbox too, where a copy of it was appended; so do their edits. Where a copy lies
 * is not written down: the inbox is looked through from its newest row down, once for all that wait, as far as it is kept.
 * What a crash loses is found again above the checkpoint, which waits for it.
 */

import type { ActorHost } from '../../cluster/actor-host.js';
import type { OwnedLog } from '../../cluster/owned-log.js';
import type { ChannelId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { type LogPositions, readPositions } from '../../core/log-positions.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { LogRow } from '../../core/store.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { erasure } from '../../protocol/erased-event.js';
import type { v1 } from '../../protocol/wire.js';

const WINDOW_POSITIONS = 256;
const PAGE_ROWS = 320;

const idOf = (channelId: ChannelId, seq: number): string => `${channelId}\0${seq}`;

export class InboxErasures {
  private readonly host: ActorHost;
  /** → the position up to which the inbox may hold copies. */
  private readonly waiting = new SparseMap<string, number>();
  private flushing: Promise<void> | undefined;
  /** The one after it, for all who ask meanwhile. */
  private next: Promise<void> | undefined;

  constructor(host: ActorHost) {
    this.host = host;
  }

  /** The store has not taken what was erased for long: no more deletions before it does. */
  get isFull(): boolean {
    return this.waiting.size >= LIMITS.erasuresWaitingMax;
  }

  /** Something waits, perhaps for rows that are not durable yet. */
  get waits(): boolean {
    return this.waiting.size > 0;
  }

  /** Takes an entry of the inbox, which is at `inboxSeq`; those that delete nothing are nothing to it. */
  note(event: v1.Event, inboxSeq = 0): boolean {
    const { erased, channelId } = event;
    if (!erased || event.hidden) return false;
    const keptFromMs = this.host.clock.now() - LIMITS.inboxKeepMs;
    if ((erased.createdAt?.toNumber() ?? 0) < keptFromMs) return false;
    this.add(channelId, erased.seq ?? 0, inboxSeq);
    return true;
  }

  /** Takes a message that was deleted, whose copies lie at `inboxSeq` or before. */
  add(channelId: ChannelId, seq: number, inboxSeq = 0): void {
    const id = idOf(channelId, seq);
    this.waiting.set(id, Math.max(inboxSeq, this.waiting.get(id) ?? 0));
  }

  /** Whether the event is, or edits, a message that waits to be erased. */
  covers({ channelId, seq, edited }: v1.Event): boolean {
    return (
      this.waiting.has(idOf(channelId, seq)) || (edited != null && this.waiting.has(idOf(channelId, edited.seq ?? 0)))
    );
  }

  /**
   * Resolves when what was noted before is erased for good, except for what lies in rows that were not durable then. Rejects
   * when the store did not take it.
   */
  flush(log: OwnedLog, floor: number): Promise<void> {
    if (this.flushing === undefined) return this.begin(log, floor);
    const begin = (): Promise<void> => this.begin(log, floor);
    this.next ??= this.flushing.then(begin, begin);
    return this.next;
  }

  private begin(log: OwnedLog, floor: number): Promise<void> {
    this.next = undefined;
    if (this.waiting.size === 0) return Promise.resolve();
    this.flushing = this.eraseAll(log, floor).finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  private async eraseAll(log: OwnedLog, floor: number): Promise<void> {
    const wanted = [...this.waiting].filter(([, inboxSeq]) => inboxSeq <= log.committedHead);
    const missing = new Set(wanted.map(([id]) => id));
    for (let end = log.committedHead + 1; end > floor + 1 && missing.size > 0; end -= WINDOW_POSITIONS)
      await this.eraseWithin(log, Math.max(floor + 1, end - WINDOW_POSITIONS), end, missing);
    // What was noted again meanwhile, further up, waits for the next pass.
    for (const [id, inboxSeq] of wanted) if (this.waiting.get(id) === inboxSeq) this.waiting.delete(id);
  }

  private async eraseWithin(log: OwnedLog, from: number, to: number, missing: Set<string>): Promise<void> {
    for (let next: number | undefined = from; next !== undefined; ) {
      const page: LogPositions = await readPositions(this.host.store, log.id, next, to, PAGE_ROWS);
      await this.eraseIn(log, page.rows, missing);
      next = page.next;
    }
  }

  private async eraseIn(log: OwnedLog, rows: readonly LogRow[], missing: Set<string>): Promise<void> {
    const found = rows.filter((row) => {
      const { value } = EncodedEvent.fromBytes(row.body);
      if (!this.covers(value)) return false;
      missing.delete(idOf(value.channelId, value.seq));
      return !value.deleted;
    });
    if (found.length > 0) await this.host.committer.commit(found.map((row) => erasure(log.id, row)));
  }
}
