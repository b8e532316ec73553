import { held, type Measurement, type Offered } from './measure.js';

const GROWTH = 1.5;
const REFINEMENTS = 2;

export interface Saturation<Attempt extends Offered = Measurement> {
  /** The highest rate that was held, a second; 0 = none. */
  readonly rate: number;
  readonly at: Attempt | undefined;
  /** What the first rate that was not held looked like. */
  readonly beyond: Attempt | undefined;
  readonly tried: readonly Attempt[];
}

/**
 * Raises the rate until it is not held any more, then halves the gap a few times. A rate that was not held is tried again, up
 * to `attemptsMax` times: a pause of the machine, or of a server's collector, is not the limit.
 */
export async function saturate<Attempt extends Offered>(
  firstRate: number,
  highestRate: number,
  offer: (rate: number) => Promise<Attempt>,
  attemptsMax = 1,
): Promise<Saturation<Attempt>> {
  const tried: Attempt[] = [];
  let best: Attempt | undefined;
  let beyond: Attempt | undefined;
  const attempt = async (rate: number): Promise<boolean> => {
    for (let count = 1; ; count++) {
      const measurement = await offer(Math.round(rate));
      tried.push(measurement);
      if (held(measurement)) {
        if (measurement.rate > (best?.rate ?? 0)) best = measurement;
        return true;
      }
      if (count < attemptsMax) continue;
      if (beyond === undefined || measurement.rate < beyond.rate) beyond = measurement;
      return false;
    }
  };
  let rate = firstRate;
  while (rate <= highestRate && (await attempt(rate))) rate *= GROWTH;
  for (let step = 0; step < REFINEMENTS && beyond !== undefined; step++)
    await attempt(((best?.rate ?? 0) + beyond.rate) / 2);
  return { rate: best?.rate ?? 0, at: best, beyond, tried };
}
