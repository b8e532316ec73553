/**
 * The forms of a channel's messages: what edits, reactions and deletions have made of them. The log holds the events; a
 * record a changed message holds what they amount to, so that a page of history shows each message as it is now.
 *
 * Records are written behind the acknowledgement, and always before the checkpoint that covers their events: what a crash
 * loses, the next activation has from the log. Until then the events are in memory, over what the record says. Erased rows
 * lose their body in the log by the same way.
 */

import type { ActorHost } from '../../cluster/actor-host.js';
import type { OwnRecords } from '../../cluster/own-records.js';
import { eachBounded } from '../../core/bounded.js';
import { appendTo } from '../../core/grouped.js';
import { type ChannelId, channelActor } from '../../core/ids.js';
import { readPositions } from '../../core/log-positions.js';
import type { StoreWrite } from '../../core/store.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';
import { erasedEvent, erasure } from '../../protocol/erased-event.js';
import type { v1 } from '../../protocol/wire.js';
import { applyToForm, decodeForm, encodeForm, type Form, takenBackSince, targetOf, UNCHANGED } from './form.js';
import type { ChannelState } from './state.js';

/** A partition of the store holds the forms of so many positions. */
const PARTITION_SEQS = 10_000;
const keyOf = (seq: number): string => String(seq).padStart(10, '0');
/** Rows that are asked for of one position at first: one an epoch that wrote it. */
const ROWS_OF_A_POSITION = 8;
/** Messages whose forms are read and written at the same time. */
const FLUSHED_AT_ONCE = 8;
/** Events whose forms are not written yet, at most. */
const WAITING_MAX = 5_000;

export class Forms {
  private readonly host: ActorHost;
  private readonly channelId: ChannelId;
  private readonly ownRecords: OwnRecords;
  /** Events whose outcome is not in the records yet, by the message they change, ascending. */
  private readonly waiting = new Map<number, v1.Event[]>();
  private waitingCount = 0;
  /** Messages whose deletion is committed, while the store may still have their texts, and their edits'. */
  private readonly erasing = new Set<number>();
  /** Events that have a position and are not committed yet. */
  private open: v1.Event[] = [];
  private flushing: Promise<void> | undefined;
  private readonly state: ChannelState;
  /** What else is to be written when the texts at these positions were erased, or replaced by an edit. */
  onTakenBack: (seqs: readonly number[]) => Promise<readonly StoreWrite[]> = async () => [];
  /** The same for committed deletions. */
  onErased: (deletions: readonly v1.Event[]) => readonly StoreWrite[] = () => [];
  /** The store has the texts at these positions no more. */
  onTextsGone: (seqs: readonly number[]) => void = () => undefined;

  constructor(host: ActorHost, channelId: ChannelId, state: ChannelState, ownRecords: OwnRecords) {
    this.host = host;
    this.channelId = channelId;
    this.state = state;
    this.ownRecords = ownRecords;
  }

  get hasRoom(): boolean {
    return this.waitingCount < WAITING_MAX;
  }

  /** Takes an event that has a position, in order; those that change no message are nothing to it. */
  assigned(event: v1.Event): void {
    if (targetOf(event) !== undefined) this.open.push(event);
  }

  /** Takes a committed event, in order. */
  note(event: v1.Event): void {
    const target = targetOf(event);
    if (target === undefined) return;
    this.open = this.open.filter(({ seq }) => seq > event.seq);
    this.waitingCount++;
    if (event.erased) this.erasing.add(target);
    appendTo(this.waiting, target, event);
  }

  /** Takes the text out of what deletions are about to take it from. To be asked for before the events are read. */
  mask(): (event: EncodedEvent) => EncodedEvent {
    if (this.erasing.size === 0) return (event) => event;
    const erasing = new Set(this.erasing);
    return (event) => {
      const { seq, edited } = event.value;
      return erasing.has(edited?.seq ?? seq) ? erasedEvent(event.value) : event;
    };
  }

  /** The forms of the messages with from ≤ seq < to that have changed. */
  async read(from: number, to: number): Promise<ReadonlyMap<number, Form>> {
    if (!this.state.hasForms) return new Map();
    const forms = await this.readStored(from, to);
    for (const [target, events] of this.waiting) {
      if (target < from || target >= to) continue;
      forms.set(target, events.reduce(applyToForm, forms.get(target) ?? UNCHANGED));
    }
    return forms;
  }

  async of(seq: number): Promise<Form> {
    return (await this.read(seq, seq + 1)).get(seq) ?? UNCHANGED;
  }

  /** What the next send finds: also what is not committed yet, for should that be lost, so is all that comes after it. */
  async decided(seq: number): Promise<Form> {
    if (!this.state.hasForms) return UNCHANGED;
    const before = (await this.readStored(seq, seq + 1)).get(seq) ?? UNCHANGED;
    const open = this.open.filter((event) => targetOf(event) === seq);
    return [...(this.waiting.get(seq) ?? []), ...open].reduce(applyToForm, before);
  }

  private async readStored(from: number, to: number): Promise<Map<number, Form>> {
    const forms = new Map<number, Form>();
    for (let next = from; next < to; ) {
      const end = Math.min(to, (Math.floor(next / PARTITION_SEQS) + 1) * PARTITION_SEQS);
      const records = await this.host.store.readRecords(this.partitionOf(next), keyOf(next - 1), end - next);
      for (const { key, value } of records) if (Number(key) < end) forms.set(Number(key), decodeForm(value));
      next = end;
    }
    return forms;
  }

  private partitionOf(seq: number): string {
    return `forms/${this.channelId}/${Math.floor(seq / PARTITION_SEQS)}`;
  }

  /** Resolves when what was noted before is durable; rejects when it could not be written. */
  async flush(): Promise<void> {
    while (this.flushing !== undefined) await this.flushing.catch(() => undefined);
    if (this.waiting.size === 0) return;
    this.flushing = this.writeAll().finally(() => {
      this.flushing = undefined;
    });
    await this.flushing;
  }

  private async writeAll(): Promise<void> {
    const targets = [...this.waiting].map(([target, events]) => ({ target, events: [...events] }));
    await eachBounded(targets, FLUSHED_AT_ONCE, ({ target, events }) => this.write(target, events));
  }

  private async write(target: number, events: readonly v1.Event[]): Promise<void> {
    const before = (await this.readStored(target, target + 1)).get(target) ?? UNCHANGED;
    const form = events.reduce(applyToForm, before);
    const record = this.ownRecords.write(keyOf(target), encodeForm(form), this.partitionOf(target));
    const takenBack = takenBackSince(before, form, target);
    const erasures = form.erased ? await this.erasures(takenBack) : [];
    const more = takenBack.length > 0 ? await this.onTakenBack(takenBack) : [];
    const others = this.onErased(events.filter(({ erased }) => erased != null));
    await this.host.committer.commit([record, ...erasures, ...more, ...others]);
    if (form.erased) {
      this.onTextsGone(takenBack);
      this.erasing.delete(target);
    }
    const left = (this.waiting.get(target) ?? []).slice(events.length);
    this.waitingCount -= events.length;
    if (left.length === 0) this.waiting.delete(target);
    else this.waiting.set(target, left);
  }

  /** Whatever epochs have written at the position, the text goes from all of it: of the message, and of its edits. */
  private async erasures(seqs: readonly number[]): Promise<StoreWrite[]> {
    const log = channelActor(this.channelId);
    const writes: StoreWrite[] = [];
    for (const seq of seqs) {
      const { rows } = await readPositions(this.host.store, log, seq, seq + 1, ROWS_OF_A_POSITION);
      for (const row of rows) writes.push(erasure(log, row));
    }
    return writes;
  }
}
