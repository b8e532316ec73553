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

export interface DriverMeasurement extends Offered {
  readonly microseconds: Record<'driver' | 'cassandra', number>;
}

export function saturateDriver(driver: BareDriver, { pids }: Servers): Promise<Saturation<DriverMeasurement>> {
  return saturate(SATURATION_FROM, HIGHEST_RATE, async (rate) => {
    const meter = new Meter({ driver: [driver.pid], cassandra: [pids.cassandra] });
    const order = { rate, warmUpSeconds: WARM_UP_SECONDS, seconds: SATURATION_SECONDS, settleSeconds: SETTLE_SECONDS };
    const { failed, lost, latency } = await driver.order(order, meter.onPhase);
    const microseconds = meter.microsecondsAMessage(rate * SATURATION_SECONDS);
    return { rate, refused: failed, repeated: 0, lost, doubled: 0, closed: 0, delivery: latency, microseconds };
  });
}
