/**
 * Commits that nobody waits for, by log. Those of one log go into one flush together: a store writes the page they share
 * once for all of them.
 */

interface Held<Commit> {
  readonly sinceMs: number;
  readonly commits: Commit[];
}

export class HeldCommits<Commit> {
  /** The log that waits longest first. */
  private readonly byLog = new Map<string, Held<Commit>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** When the one that waits longest came, monotonic milliseconds. */
  get sinceMs(): number | undefined {
    for (const { sinceMs } of this.byLog.values()) return sinceMs;
    return undefined;
  }

  add(log: string, commit: Commit, nowMs: number): void {
    const held = this.byLog.get(log);
    if (held === undefined) this.byLog.set(log, { sinceMs: nowMs, commits: [commit] });
    else held.commits.push(commit);
    this.count++;
  }

  /** Those of this log, into `into`. */
  take(log: string, into: Commit[]): void {
    const held = this.byLog.get(log);
    if (held === undefined) return;
    this.byLog.delete(log);
    this.count -= held.commits.length;
    for (const commit of held.commits) into.push(commit);
  }

  /** Those of logs that wait since `sinceMs` or before, and of more logs while more than `max` are held, into `into`. */
  takeDue(sinceMs: number, max: number, into: Commit[]): void {
    for (const [log, held] of this.byLog) {
      if (held.sinceMs > sinceMs && this.count <= max) return;
      this.take(log, into);
    }
  }
}
