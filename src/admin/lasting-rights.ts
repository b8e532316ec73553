/** What an operator has begun goes on only as long as they may: a token ends with its entry, a stream may last for days. */
import type { Clock } from '../core/clock.js';
import type { ParleyError } from '../core/errors.js';
import { every } from '../core/every.js';

const LOOK_MS = 5_000;

export interface Rights {
  readonly clock: Clock;
  /** Why they may no longer. */
  readonly lost: () => ParleyError | undefined;
  /** Has the work come to its end. */
  readonly end: () => void;
}

/** Looks again every 5 s while the work is done. Rejects with what was lost, once the work has ended. */
export async function whileAllowed<Result>(rights: Rights, work: () => Promise<Result>): Promise<Result> {
  let lost: ParleyError | undefined;
  const stop = every(rights.clock, LOOK_MS, () => {
    lost ??= rights.lost();
    if (lost !== undefined) rights.end();
  });
  try {
    const result = await work();
    if (lost === undefined) return result;
  } catch (error) {
    throw lost ?? error;
  } finally {
    stop();
  }
  throw lost;
}
