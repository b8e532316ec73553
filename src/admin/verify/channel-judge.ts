/**
 * One channel's log, looked over from its first position on: dense (G2), each position with the event that says it is there,
 * no send twice (G1), ids ascending. Keeps what inboxes are judged by: who is due which positions, by the same rule by which
 * the channel fans out, and a fingerprint of the event at each. No I/O.
 */

import { Recipients } from '../../actors/channel/recipients.js';
import { emptyChannel } from '../../actors/channel/state.js';
import { type ChannelId, channelActor, type UserId } from '../../core/ids.js';
import { keepNewest } from '../../core/keep-newest.js';
import { LIMITS } from '../../core/limits.js';
import type { LogId } from '../../core/store.js';
import type { LogPage } from '../../protocol/bus-messages.js';
import type { v1 } from '../../protocol/wire.js';
import { type Findings, positions } from './findings.js';
import { append, includes, type Ranges } from './ranges.js';

/** The time of one position is remembered in so many milliseconds. */
const TIMED_EVERY_MS = 3_600_000;
/** Fingerprints of more positions are not kept: 16 MB a channel. */
const FINGERPRINTS_MAX = 4 * 1024 * 1024;
const NOBODY: Ranges = [];

const fingerprintOf = ({ messageId }: v1.Event): number =>
  (Math.imul(messageId.getHighBitsUnsigned(), 0x9e3779b1) ^ messageId.getLowBitsUnsigned()) >>> 0 || 1;

export class ChannelJudge {
  readonly id: ChannelId;
  readonly log: LogId;
  /** Everything below it was looked at. */
  next = 1;
  private readonly findings: Findings;
  /** Positions and when their events came, ascending. */
  private readonly times: { readonly seq: number; readonly atMs: number }[] = [];
  private readonly state = emptyChannel();
  private readonly recipients = new Recipients();
  private readonly due = new Map<UserId, Ranges>();
  private rangeCount = 0;
  /** Where the texts were deleted. */
  private readonly deleted: Ranges = [];
  private fingerprints = new Uint32Array(64);
  /** Who is due the last positions, the same people each. */
  private run: { readonly users: readonly UserId[]; first: number; last: number } | undefined;
  /** Sender and their id of a send → where it is; the latest, as far back as a send is known again. */
  private readonly sends = new Map<string, number>();

  constructor(id: ChannelId, findings: Findings) {
    this.id = id;
    this.log = channelActor(id);
    this.findings = findings;
  }

  /** The page that begins at `next`. */
  take({ rows, nextSeq, head }: LogPage): void {
    for (const { seq, event } of rows) {
      this.missing(seq);
      this.row(seq, event);
      this.next = seq + 1;
    }
    const end = Math.min(nextSeq, head + 1);
    this.missing(end);
    this.next = Math.max(this.next, end);
    this.settleRun();
    this.state.touched.clear();
    if (nextSeq > head) this.sends.clear();
  }

  /** What `userId` is due by inbox, of what was looked at. Not to be changed. */
  dueTo(userId: UserId): Ranges {
    return this.due.get(userId) ?? NOBODY;
  }

  /** Who is due anything. */
  recipientsSeen(): IterableIterator<UserId> {
    return this.due.keys();
  }

  /** The first position, to within the hour, whose event came at `fromMs` or after it; infinity: there is none. */
  firstSince(fromMs: number): number {
    const older = this.times.findLastIndex(({ atMs }) => atMs < fromMs);
    return this.times[older + 1]?.seq ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the text at `seq` was deleted. */
  isDeleted(seq: number): boolean {
    return includes(this.deleted, seq);
  }

  /** Whether the channel holds another event at `seq` than this one; false where that is not known. */
  contradicts(event: v1.Event): boolean {
    const known = this.fingerprints[event.seq] ?? 0;
    return known !== 0 && known !== fingerprintOf(event);
  }

  /** Roughly the bytes that it holds. */
  get weight(): number {
    return (
      this.fingerprints.length * 4 +
      (this.due.size + this.state.members.size) * 100 +
      (this.rangeCount + this.deleted.length + this.times.length * 2) * 16
    );
  }

  private missing(before: number): void {
    if (before <= this.next) return;
    this.findings.add('G2', this.log, this.next, `The log lacks ${positions(this.next, before - 1)}.`);
  }

  private row(seq: number, event: v1.Event | undefined): void {
    const { findings, log, id, state } = this;
    if (event === undefined) return findings.add('G1', log, seq, `Position ${seq} cannot be read.`);
    if (event.channelId !== id || event.seq !== seq)
      return findings.add('G1', log, seq, `Position ${seq} holds position ${event.seq} of ${event.channelId}.`);
    const copy = this.rememberSend(event);
    if (copy !== undefined)
      findings.add('G1', log, seq, `Positions ${copy} and ${seq} hold the same send of ${event.from}.`);
    if (state.lastMessageId !== undefined && event.messageId.lessThanOrEqual(state.lastMessageId))
      findings.add('G2', log, seq, `Position ${seq} has a message id that is not above those before it.`);
    this.keepTime(seq, event.createdAt.toNumber());
    if (event.deleted) append(this.deleted, seq, seq);
    this.keepFingerprint(seq, fingerprintOf(event));
    this.extendRun(this.recipients.applyAndFind(state, event), seq);
  }

  private rememberSend({ from, clientMessageId, seq }: v1.Event): number | undefined {
    if (clientMessageId === '') return undefined;
    const key = `${from}\0${clientMessageId}`;
    const copy = this.sends.get(key);
    this.sends.set(key, seq);
    keepNewest(this.sends, LIMITS.dedupReachBackMax);
    return copy;
  }

  private keepTime(seq: number, atMs: number): void {
    if (atMs >= (this.times.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) + TIMED_EVERY_MS) this.times.push({ seq, atMs });
  }

  private keepFingerprint(seq: number, fingerprint: number): void {
    if (seq >= FINGERPRINTS_MAX) return;
    if (seq >= this.fingerprints.length) {
      const larger = new Uint32Array(Math.min(FINGERPRINTS_MAX, Math.max(seq + 1, this.fingerprints.length * 2)));
      larger.set(this.fingerprints);
      this.fingerprints = larger;
    }
    this.fingerprints[seq] = fingerprint;
  }

  private extendRun(users: readonly UserId[], seq: number): void {
    if (this.run?.users === users && this.run.last === seq - 1) {
      this.run.last = seq;
      return;
    }
    this.settleRun();
    this.run = { users, first: seq, last: seq };
  }

  private settleRun(): void {
    if (this.run === undefined) return;
    const { users, first, last } = this.run;
    this.run = undefined;
    for (const userId of users) {
      const ranges = this.due.get(userId) ?? [];
      this.rangeCount -= ranges.length;
      append(ranges, first, last);
      this.rangeCount += ranges.length;
      this.due.set(userId, ranges);
    }
  }
}
