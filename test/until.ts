import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Below the time-out of most tests, so that what was waited for in vain is named. */
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/** Waits for what another process is about to do: a condition with a deadline. Rejects with the sentence when it passes. */
export async function until(
  sentence: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  { withinMs = 20_000, everyMs = 20 }: Patience = {},
): Promise<void> {
  for (const endMs = performance.now() + withinMs; !(await holds()); await sleep(everyMs)) {
    if (performance.now() <= endMs) continue;
    throw new Error(`not within ${withinMs} ms: ${typeof sentence === 'string' ? sentence : sentence()}`);
  }
}
