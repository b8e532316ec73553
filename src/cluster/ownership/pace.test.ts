import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';

const pace = (): Pace => new Pace({ first: 4, least: 2, most: 10, slowMs: 100 });

/** As many as may be under way, together, each of `tookMs`. */
function round(of: Pace, beganMs: number, tookMs: number): void {
  for (let left = of.atOnce; left > 0; left--) of.note(beganMs, beganMs + tookMs);
}

describe('the pace', () => {
  it('doubles while all is quick, up to its most', () => {
    const quick = pace();
    round(quick, 0, 100);
    expect(quick.atOnce).toBe(8);
    round(quick, 100, 100);
    expect(quick.atOnce).toBe(10);
  });

  it('halves once for all that was slow together, down to its least', () => {
    const slow = pace();
    round(slow, 0, 100);
    round(slow, 100, 150);
    expect(slow.atOnce).toBe(4);
    round(slow, 250, 150);
    round(slow, 400, 150);
    expect(slow.atOnce).toBe(2);
  });

  it('grows by about one a round once it has been slow', () => {
    const careful = pace();
    round(careful, 0, 150);
    expect(careful.atOnce).toBe(2);
    for (const beganMs of [150, 200, 250]) round(careful, beganMs, 50);
    expect(careful.atOnce).toBe(4);
  });

  it('is at its most when time is short, however slow that is', () => {
    const short = pace();
    short.hurry();
    round(short, 0, 1_000);
    expect(short.atOnce).toBe(10);
  });
});
