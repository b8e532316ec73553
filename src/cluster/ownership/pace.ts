export interface PaceBounds {
  readonly first: number;
  readonly least: number;
  readonly most: number;
  /** What takes longer is slow, milliseconds. */
  readonly slowMs: number;
}

/**
 * How much may be under way at once: more while it is quick, half as much when it takes long (additive increase,
 * multiplicative decrease: Chiu and Jain, "Analysis of the increase and decrease algorithms", 1989). Until it is slow for the
 * first time it doubles, as TCP's slow start does.
 */
export class Pace {
  private readonly bounds: PaceBounds;
  private allowed: number;
  private everSlow = false;
  private hurried = false;
  /** What began before this says nothing new: it was under way when the pace was last halved. */
  private halvedMs = Number.NEGATIVE_INFINITY;

  constructor(bounds: PaceBounds) {
    this.bounds = bounds;
    this.allowed = bounds.first;
  }

  get atOnce(): number {
    return this.hurried ? this.bounds.most : Math.floor(this.allowed);
  }

  /** One has ended. */
  note(beganMs: number, endedMs: number): void {
    const { least, most, slowMs } = this.bounds;
    if (endedMs - beganMs <= slowMs) {
      this.allowed = Math.min(most, this.allowed + (this.everSlow ? 1 / this.allowed : 1));
    } else if (beganMs >= this.halvedMs) {
      this.allowed = Math.max(least, this.allowed / 2);
      this.everSlow = true;
      this.halvedMs = endedMs;
    }
  }

  /** Time is short: from here on as much as may ever be. */
  hurry(): void {
    this.hurried = true;
  }
}
