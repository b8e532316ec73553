/** An actor ticks once a second. */
const ROUND_MS = 1_000;
const GROUPS = 10;
/** From the turn of one group to that of the next. */
export const TURN_MS = ROUND_MS / GROUPS;

/** Members of the same group tick in the same turn of the event loop. */
export interface Ticking {
  /** The group it is in, -1 for none; TickGroups writes it. */
  tickGroup: number;
}

/**
 * Who ticks, in groups that take turns: were all due at once, the ticks of thousands of actors would hold up every message
 * behind them.
 */
export class TickGroups<Member extends Ticking> {
  private readonly groups: readonly Set<Member>[];
  /** The group whose turn was last. */
  private last = 0;

  constructor(count = GROUPS) {
    this.groups = Array.from({ length: count }, () => new Set<Member>());
  }

  /** Its first turn is after those of all other groups. */
  add(member: Member): void {
    if (member.tickGroup !== -1) return;
    member.tickGroup = this.last;
    this.groups[this.last]?.add(member);
  }

  delete(member: Member): void {
    this.groups[member.tickGroup]?.delete(member);
    member.tickGroup = -1;
  }

  /** Whether every group has had its turn as often as any other. */
  get roundIsOver(): boolean {
    return this.last === 0;
  }

  /** Those whose turn it is; they may be deleted meanwhile, and others added. */
  next(): Iterable<Member> {
    this.last = (this.last + 1) % this.groups.length;
    return this.groups[this.last] ?? [];
  }
}
