/**
 * Deleted messages lose their text in the inboxes of former members, too. A deletion is an event for those who are members then:
 * who left before is not told of it, but their user actor is asked to take the text out of its copies. It is asked again until
 * it says that it did. Which deletions wait is a DurableList.
 */
import { eachBounded } from '../../core/bounded.js';
import { directMembers, type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { StoreWrite } from '../../core/store.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';
import { v1 } from '../../protocol/wire.js';
import type { Deliveries } from './deliveries.js';
import { DurableList, type ListOwner } from './durable-list.js';
import { Leavers } from './leavers.js';
import type { ChannelState } from './state.js';

/** Deletions that are seen to together. */
const DELETIONS_AT_ONCE = 100;
const USERS_AT_ONCE = 8;
const ASK_BUDGET_MS = 10_000;

/** The channel whose messages they are. */
interface Source extends ListOwner {
  readonly state: ChannelState;
  readonly deliveries: Pick<Deliveries, 'owedFrom'>;
  /** Committed events with from ≤ seq < to. */
  events(from: number, to: number): Promise<readonly EncodedEvent[]>;
}

/** A deletion of the message at `seq`. */
interface Deletion {
  readonly seq: number;
  /** Former members who have not said that they have no copy. */
  readonly holders: Set<UserId>;
}

/** Whether the deletion came while the channel was in the fan-out tier, as far as is known: its last change says it. */
const isFanout = ({ tier, fanOutSince }: ChannelState, seq: number): boolean =>
  tier === v1.Tier.FANOUT && seq > fanOutSince;

export class FormerCopies {
  private readonly channel: Source;
  private readonly leavers: Leavers;
  /** The seqs of the deletions. */
  private readonly list: DurableList;
  /** Those of which it is known who has copies. */
  private readonly known = new Map<number, Deletion>();

  constructor(channel: Source) {
    this.channel = channel;
    this.leavers = new Leavers(channel);
    this.list = new DurableList(channel, {
      key: 'erased/former',
      most: LIMITS.erasuresWaitingMax,
      failure: 'copies of deleted messages wait to leave the inboxes of former members',
      work: () => this.settle(),
    });
  }

  get waits(): boolean {
    return this.list.size > 0;
  }

  /** During the activation: what an earlier owner left. */
  async restore(): Promise<void> {
    if (this.channel.state.hasForms) await this.list.load();
  }

  /** To be written together with the erasures. Throws `overloaded` while the list is full. */
  note(deletions: readonly v1.Event[]): readonly StoreWrite[] {
    const wanted = deletions.filter((event) => this.concerns(event));
    return wanted.length === 0 ? [] : [this.list.note(wanted.map(({ seq }) => seq))];
  }

  /** Whether inboxes of former members may hold a copy of what was deleted. */
  private concerns({ seq, erased }: v1.Event): boolean {
    const { host, id, state } = this.channel;
    if (directMembers(id) !== undefined) return false;
    if ((erased?.createdAt?.toNumber() ?? 0) < host.clock.now() - LIMITS.inboxKeepMs) return false;
    const { copies } = erased ?? {};
    if (copies && !copies.all) return this.formerOf(copies.userIds ?? [], seq).length > 0;
    return (copies?.all === true || !isFanout(state, seq)) && state.newestLeftSeq > (erased?.seq ?? 0);
  }

  /** Those who were no members at `seq`: the deletion there was not due to them. */
  private formerOf(userIds: readonly UserId[], seq: number): readonly UserId[] {
    const { members } = this.channel.state;
    return userIds.filter((userId) => (members.get(userId)?.joinedSeq ?? seq) >= seq);
  }

  /** Once a second. */
  tick(): void {
    if (this.waits) this.list.tick();
  }

  private async settle(): Promise<void> {
    const deletions = await this.take();
    const byUser = new Map<UserId, Deletion[]>();
    for (const [erasedAt, deletion] of deletions) {
      for (const userId of deletion.holders) {
        // The message may be on its way to them still.
        const owedFrom = this.channel.deliveries.owedFrom(userId);
        if (owedFrom === 0 || owedFrom > erasedAt) byUser.set(userId, [...(byUser.get(userId) ?? []), deletion]);
      }
    }
    const failures: unknown[] = [];
    await eachBounded(byUser, USERS_AT_ONCE, async ([userId, of]) => {
      await this.ask(userId, of).catch((error: unknown) => failures.push(error));
    });
    await this.sort(deletions);
    // Whatever a user's actor refuses with, also `internal`, is no error of the channel's.
    if (failures.length > 0) this.list.again(failures[0]);
  }

  private async ask(userId: UserId, deletions: readonly Deletion[]): Promise<void> {
    const { host, id: channelId } = this.channel;
    const seqs = deletions.map(({ seq }) => seq);
    await host.ask(userActor(userId), { type: 'erase_copies', channelId, seqs }, ASK_BUDGET_MS);
    for (const { holders } of deletions) holders.delete(userId);
  }

  /** The first that wait, and by the log who has copies of what they deleted. */
  private async take(): Promise<[number, Deletion][]> {
    const taken: [number, Deletion][] = [];
    for (const erasedAt of this.list.seqs.slice(0, DELETIONS_AT_ONCE)) {
      const deletion = this.known.get(erasedAt) ?? (await this.find(erasedAt));
      this.known.set(erasedAt, deletion);
      taken.push([erasedAt, deletion]);
    }
    return taken;
  }

  private async find(erasedAt: number): Promise<Deletion> {
    const [event] = await this.channel.events(erasedAt, erasedAt + 1);
    const { erased } = event?.value ?? {};
    if (!erased) return { seq: 0, holders: new Set() };
    const seq = erased.seq ?? 0;
    const named = erased.copies && !erased.copies.all ? (erased.copies.userIds ?? []) : undefined;
    // Some may have come back in time to be told: to ask them, too, does no harm.
    const leftUntil = Math.min(erasedAt, this.channel.state.newestLeftSeq + 1);
    const holders = named ? this.formerOf(named, erasedAt) : await this.leavers.between(seq, leftUntil);
    return { seq, holders: new Set(holders) };
  }

  /** What is done leaves the list; what is not goes to its end, so that others have their turn. */
  private async sort(deletions: readonly [number, Deletion][]): Promise<void> {
    if (!this.channel.context.alive) return;
    const done = deletions.flatMap(([erasedAt, { holders }]) => (holders.size === 0 ? [erasedAt] : []));
    this.list.putLast(deletions.map(([erasedAt]) => erasedAt));
    for (const erasedAt of done) this.known.delete(erasedAt);
    if (done.length > 0) await this.list.takeOff(done);
  }
}
