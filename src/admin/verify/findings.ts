import { LIMITS } from '../../core/limits.js';
import type { LogId } from '../../core/store.js';

/** A guarantee of the README that does not hold somewhere. */
export interface Breach {
  readonly guarantee: 'G1' | 'G2' | 'G3';
  readonly log: LogId;
  /** A position of that log. */
  readonly seq: number;
  /** One sentence. */
  readonly text: string;
}

/** Breaches until they are told. Beyond LIMITS.verifyBreachesMax in all they are only counted. */
export class Findings {
  count = 0;
  private waiting: Breach[] = [];

  add(guarantee: Breach['guarantee'], log: LogId, seq: number, text: string): void {
    this.count++;
    if (this.count <= LIMITS.verifyBreachesMax) this.waiting.push({ guarantee, log, seq, text });
  }

  /** Those since the call before. */
  take(): readonly Breach[] {
    const taken = this.waiting;
    this.waiting = [];
    return taken;
  }
}

/** Positions as a sentence names them. */
export const positions = (first: number, last: number): string =>
  first === last ? `position ${first}` : `positions ${first} to ${last}`;
