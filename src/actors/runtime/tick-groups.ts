/** An actor ticks once a second. */
const ROUND_MS = 1_000;
const GROUPS = 10;
/** From the turn of one group to that of the next. */
export const TURN_MS = ROUND_MS / GROUPS;

/** Members of the same group tick in the same turn of the event loop. Whoever is deleted from it ticks no more. */
export type TickGroup<Member> = Set<Member>;

/**
 * Who ticks, in groups that take turns: were all due at once, the ticks of thousands of actors would hold up every message
 * behind them.
 */
export class TickGroups<Member> {
  private readonly groups: readonly TickGroup<Member>[];
  /** The group whose turn was last. */
  private last: TickGroup<Member>;
  private lastIndex = 0;

  constructor(count = GROUPS) {
    const last = new Set<Member>();
    this.groups = [last, ...Array.from({ length: count - 1 }, () => new Set<Member>())];
    this.last = last;
  }

  /** Its first turn is after those of all other groups. Of somebody who is in no group; it keeps the one it is in now. */
  join(member: Member): TickGroup<Member> {
    return this.last.add(member);
  }

  /** Whether every group has had its turn as often as any other. */
  get roundIsOver(): boolean {
    return this.lastIndex === 0;
  }

  /** Those whose turn it is; they may be deleted meanwhile, and others join. */
  next(): Iterable<Member> {
    this.lastIndex = (this.lastIndex + 1) % this.groups.length;
    this.last = this.groups[this.lastIndex] ?? this.last;
    return this.last;
  }
}
