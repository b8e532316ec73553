/** When work goes on that nobody waits for: between turns of the event loop, and seldom while they are long. */
import { type Clock, sleep } from './clock.js';

/** A turn that lasts longer than this is one of a busy process, milliseconds. */
const LONG_TURN_MS = 10;
/** So many times as long as a long turn is the rest after it. */
const REST_FACTOR = 10;
const REST_MAX_MS = 500;

export class SpareTime {
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Resolves when others have had their turn, and after a rest when that was long: not more than half a second, nor when it is urgent. */
  async wait(urgent: boolean): Promise<void> {
    const { clock } = this;
    const sinceMs = clock.monotonic();
    await new Promise<void>((resolve) => clock.defer(resolve));
    const turnMs = clock.monotonic() - sinceMs;
    if (urgent || turnMs <= LONG_TURN_MS) return;
    await sleep(clock, Math.min(REST_MAX_MS, REST_FACTOR * turnMs));
  }
}
