import type { Clock } from './clock.js';

/** Calls `work` now, and again every `periodMs`, until the returned function is called. */
export function every(clock: Clock, periodMs: number, work: () => void): () => void {
  let stopped = false;
  let cancel: () => void = () => undefined;
  const turn = (): void => {
    if (stopped) return;
    cancel = clock.after(periodMs, turn);
    work();
  };
  turn();
  return () => {
    stopped = true;
    cancel();
  };
}
