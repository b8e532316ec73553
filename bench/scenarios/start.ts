/** How long Parley takes to be ready on an empty folder, and how much memory it then holds. */

import { pause } from '../load/generator/pace.js';
import { figure } from '../report/table.js';
import { start } from '../run/candidates.js';
import { atMost, type ScenarioContext, type ScenarioResult } from './scenario.js';

const STARTS = 3;
const SETTLE_MS = 1_000;
const READY_BOUND_MS = 3_000;
const RESIDENT_BOUND_MB = 150;

export async function startUp({ options, say }: ScenarioContext): Promise<ScenarioResult> {
  const measured: { readyMs: number; residentMb: number }[] = [];
  say(`starting Parley ${STARTS} times`);
  for (let round = 0; round < STARTS; round++) {
    const running = await start('parley', 1, options.port);
    await pause(SETTLE_MS);
    measured.push({ readyMs: running.server.readyAfterMs, residentMb: running.server.residentKib() / 1024 });
    await running.stop();
  }
  const readyMs = Math.max(...measured.map((each) => each.readyMs));
  const residentMb = Math.max(...measured.map((each) => each.residentMb));
  return {
    title: 'Start',
    head: ['start', 'ready ms', 'resident MiB'],
    rows: measured.map((each, index) => [String(index + 1), figure(each.readyMs), figure(each.residentMb)]),
    figures: [
      { name: 'time to ready, worst', value: readyMs, unit: 'ms', ...atMost(readyMs, READY_BOUND_MS) },
      { name: 'resident at start, worst', value: residentMb, unit: 'MiB', ...atMost(residentMb, RESIDENT_BOUND_MB) },
    ],
    notes: [],
    data: measured,
  };
}
