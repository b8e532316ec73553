/** The highest rate of the bare driver, by the rule that Parley's is looked for by. */
import type { Offered } from '../run/measure.js';
import { type Saturation, saturate } from '../run/saturation.js';
import type { BareDriver } from './bare-driver.js';
import { Meter } from './meter.js';
import type { Servers } from './servers.js';

const WARM_UP_SECONDS = 1;
const SETTLE_SECONDS = 15;
const SATURATION_SECONDS = 4;
const SATURATION_FROM = 1_000;
const HIGHEST_RATE = 40_000;
/** Cassandra pauses now and then for its collector, or to flush, for longer than four seconds bear. */
export const ATTEMPTS_MAX = 2;
/** Rising, since a cold server does not hold what a warm one does. */
const WARM_UP_RATES = [300, 600, 1_200];

export interface DriverMeasurement extends Offered {
  readonly microseconds: Record<'driver' | 'cassandra', number>;
}

export function saturateDriver(driver: BareDriver, { pids }: Servers): Promise<Saturation<DriverMeasurement>> {
  const offer = async (rate: number): Promise<DriverMeasurement> => {
    const meter = new Meter({ driver: [driver.pid], cassandra: [pids.cassandra] });
    const order = { rate, warmUpSeconds: WARM_UP_SECONDS, seconds: SATURATION_SECONDS, settleSeconds: SETTLE_SECONDS };
    const { failed, lost, latency } = await driver.order(order, meter.onPhase);
    const microseconds = meter.microsecondsAMessage(rate * SATURATION_SECONDS);
    return { rate, refused: failed, repeated: 0, lost, doubled: 0, closed: 0, delivery: latency, microseconds };
  };
  return saturate(SATURATION_FROM, HIGHEST_RATE, offer, ATTEMPTS_MAX);
}

/** A server just started compiles its code while it works: what is measured first would pay for that. */
export async function warmUp(driver: BareDriver, seconds: number): Promise<void> {
  const each = { warmUpSeconds: 0, seconds: seconds / WARM_UP_RATES.length, settleSeconds: SETTLE_SECONDS };
  for (const rate of WARM_UP_RATES) await driver.order({ rate, ...each }, () => undefined);
}
