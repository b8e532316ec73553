/** Pages of channel history: from the owner's memory, and after a restart from the store. */
import type { RequestsResult } from '../load/generator/orders.js';
import { figure } from '../report/table.js';
import { start } from '../run/candidates.js';
import { connect, GeneratorProcess } from '../run/generator.js';
import { latency, measure } from '../run/measure.js';
import { atMost, type ScenarioContext, type ScenarioResult } from './scenario.js';

const CHANNELS = 50;
const MESSAGES = 50_000;
const WRITE_RATE = 4_000;
const READS_PER_SECOND = 200;
const PAGE = 50;
const RECENT_BOUND_MS = 10;
const COLD_BOUND_MS = 50;

export async function history({ options, say }: ScenarioContext): Promise<ScenarioResult> {
  const users = 2 * CHANNELS;
  const running = await start('parley', users, options.port);
  const generator = new GeneratorProcess();
  const read = (from: 'head' | 'anywhere'): Promise<RequestsResult> =>
    generator.order({ type: 'history', from, rate: READS_PER_SECOND, seconds: options.seconds, page: PAGE });
  try {
    say(`${MESSAGES} messages in ${CHANNELS} channels, then pages of ${PAGE}`);
    await connect(generator, running.target, { end: users });
    const written = await measure(running.server, generator, {
      type: 'direct',
      rate: Math.min(WRITE_RATE, users * 50),
      warmUpSeconds: 0,
      seconds: MESSAGES / WRITE_RATE,
      settleSeconds: 20,
      awaitDelivery: true,
    });
    const recent = await read('head');
    await generator.order({ type: 'disconnect', which: 'all' });
    await running.restart();
    await connect(generator, running.target, { end: users });
    const cold = await read('anywhere');
    const rows = [['recent', recent] as const, ['after a restart, anywhere', cold] as const];
    const recentMs = latency(recent.latency).p99Ms;
    const coldMs = latency(cold.latency).p99Ms;
    return {
      title: `History: pages of ${PAGE}, ${READS_PER_SECOND} a second, from logs of ${MESSAGES / CHANNELS}`,
      head: ['pages', 'answered', 'failed', 'p50 ms', 'p99 ms'],
      rows: rows.map(([name, result]) => [
        name,
        String(result.answered),
        String(result.failed),
        figure(latency(result.latency).p50Ms),
        figure(latency(result.latency).p99Ms),
      ]),
      figures: [
        { name: 'history page, recent, p99', value: recentMs, unit: 'ms', ...atMost(recentMs, RECENT_BOUND_MS) },
        { name: 'history page, cold, p99', value: coldMs, unit: 'ms', ...atMost(coldMs, COLD_BOUND_MS) },
      ],
      notes: rows.flatMap(([name, { failure }]) => (failure === undefined ? [] : [`${name}: ${failure}`])),
      data: { written, recent, cold },
    };
  } finally {
    generator.stop();
    await running.stop();
  }
}
