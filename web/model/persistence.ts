/** Trying again what the server could not do for now. Pure but for the waiting, which is passed in. */

const FIRST_PAUSE_MS = 500;
const PAUSE_MAX_MS = 15_000;

/** The server says no, and will say so again. */
export function isRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retry' in error && error.retry === 'never';
}

/** Until it works: rejects with a refusal only. `failed` is told why it did not; the pauses between tries grow. */
export async function untilRefused<Value>(
  attempt: () => Promise<Value>,
  failed: (error: unknown) => void,
  pause: (ms: number) => Promise<void>,
): Promise<Value> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (isRefusal(error)) throw error;
      failed(error);
    }
    await pause(pauseMs);
  }
}
