import { processorSeconds } from '../run/processor.js';

/** Processor time of groups of processes between two moments. */
export class Meter<Group extends string> {
  private readonly groups: Readonly<Record<Group, readonly number[]>>;
  private from: Record<string, number> = {};
  private until: Record<string, number> = {};

  /** Process ids by group. */
  constructor(groups: Readonly<Record<Group, readonly number[]>>) {
    this.groups = groups;
  }

  /** As a `measure` or a bare driver tells its phases. */
  readonly onPhase = (phase: 'measuring' | 'measured'): void => {
    const now: Record<string, number> = {};
    for (const [group, pids] of Object.entries<readonly number[]>(this.groups))
      now[group] = pids.reduce((sum, pid) => sum + processorSeconds(pid), 0);
    if (phase === 'measuring') this.from = now;
    else this.until = now;
  };

  /** Microseconds of each group for each of so many messages. */
  microsecondsAMessage(messages: number): Record<Group, number> {
    const entries = Object.keys(this.groups).map((group) => {
      const seconds = (this.until[group] ?? 0) - (this.from[group] ?? 0);
      return [group, (seconds * 1e6) / messages];
    });
    return Object.fromEntries(entries) as Record<Group, number>;
  }
}
