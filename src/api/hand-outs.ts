/**
 * How many clients this process has sent to each gateway that the gateway's last load report cannot know of yet. In steps of
 * time, so that it stays small however many log in.
 */
import type { ProcessInfo } from '../core/membership.js';

const STEP_MS = 100;
/** How long it takes a client to become a session, milliseconds: one sent so shortly before a report is not in it. */
const ARRIVAL_MS = 500;
/** A report older than this is not believed anyway. */
const KEPT_MS = 6_000;

interface Step {
  readonly startMs: number;
  count: number;
}

export class HandOuts {
  private readonly steps = new Map<string, Step[]>();

  add(incarnation: string, nowMs: number): void {
    const known = this.steps.get(incarnation) ?? [];
    const kept = known.filter(({ startMs }) => nowMs - startMs < KEPT_MS);
    const last = kept.at(-1);
    if (last !== undefined && nowMs - last.startMs < STEP_MS) last.count++;
    else kept.push({ startMs: nowMs, count: 1 });
    this.steps.set(incarnation, kept);
  }

  notYetReported({ incarnation, load }: ProcessInfo): number {
    const sinceMs = load.at - ARRIVAL_MS;
    let count = 0;
    for (const step of this.steps.get(incarnation) ?? []) if (step.startMs >= sinceMs) count += step.count;
    return count;
  }

  /** Forgets gateways that are not there any more. */
  keep(gateways: readonly ProcessInfo[]): void {
    if (this.steps.size <= gateways.length) return;
    const there = new Set(gateways.map(({ incarnation }) => incarnation));
    for (const incarnation of this.steps.keys()) if (!there.has(incarnation)) this.steps.delete(incarnation);
  }
}
