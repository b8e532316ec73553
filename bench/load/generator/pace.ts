/**
 * An open loop: calls `send` once for each due time, at a constant rate, however slow the answers are. Resolves after
 * the last. Late calls are made up for at once, and count from when they were due.
 */
export function pace(
  ratePerSecond: number,
  fromMs: number,
  untilMs: number,
  send: (dueMs: number) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const tick = (): void => {
      const now = performance.now();
      for (;;) {
        const dueMs = fromMs + (count * 1000) / ratePerSecond;
        if (dueMs >= untilMs) {
          resolve();
          return;
        }
        if (dueMs > now) break;
        count++;
        send(dueMs);
      }
      setTimeout(tick, 1);
    };
    tick();
  });
}

export const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
