import { describe, expect, it } from 'vitest';
import { SpareTime } from './spare-time.js';
import { FakeClock } from './testing/fake-clock.js';

/** Of a process in which others take so long before it is one's turn again. */
class BusyClock extends FakeClock {
  private readonly turnMs: number;

  constructor(turnMs: number) {
    super();
    this.turnMs = turnMs;
  }

  override defer(callback: () => void): void {
    this.after(this.turnMs, callback);
  }
}

/** When the wait was over, milliseconds. */
async function waited(turnMs: number, urgent = false): Promise<number> {
  const clock = new BusyClock(turnMs);
  let overMs = -1;
  void new SpareTime(clock).wait(urgent).then(() => {
    overMs = clock.monotonic();
  });
  await clock.advance(10_000);
  return overMs;
}

describe('spare time', () => {
  it('comes with each turn of a process that is not busy', async () => {
    expect([await waited(0), await waited(10)]).toEqual([0, 10]);
  });

  it('comes after a rest in proportion to a long turn, half a second at most', async () => {
    expect([await waited(11), await waited(30), await waited(200)]).toEqual([121, 330, 700]);
  });

  it('is not waited for by what is urgent', async () => {
    expect(await waited(200, true)).toBe(200);
  });
});
