/** Users are away while messages come for them, and all come back within a few seconds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure } from '../report/table.js';
import { verdictSentences } from '../report/verdict-sentences.js';
import { start } from '../run/candidates.js';
import { connect, GeneratorProcess } from '../run/generator.js';
import { measure } from '../run/measure.js';
import { judge } from '../run/verdict.js';
import { atMost, type ScenarioContext, type ScenarioResult } from './scenario.js';

const WAITING_MESSAGES = 10;
const STORE_RATE = 2_000;
const BACK_WITHIN_SECONDS = 5;
const SETTLE_SECONDS = 30;
const STORED_BOUND = 300;
const RETURNED_BOUND = 150;

export async function offline({ options, say }: ScenarioContext): Promise<ScenarioResult> {
  const away = options.users;
  const end = 2 * away;
  const running = await start('parley', end, options.port);
  const generator = new GeneratorProcess();
  const scratch = mkdtempSync(join(tmpdir(), 'parley-ledger-'));
  try {
    const { server, target } = running;
    say(`${away} users leave, are written to, and come back`);
    await connect(generator, target, { end, which: 'odd' });
    await generator.order({ type: 'disconnect', which: 'odd' });
    await connect(generator, target, { end, which: 'even' });
    const messages = away * WAITING_MESSAGES;
    const stored = await measure(server, generator, {
      type: 'direct',
      rate: STORE_RATE,
      warmUpSeconds: 0,
      seconds: messages / STORE_RATE,
      settleSeconds: 2,
      awaitDelivery: false,
    });
    const cpu = server.processorSeconds();
    const from = performance.now();
    await connect(generator, target, { end, which: 'odd', overSeconds: BACK_WITHIN_SECONDS });
    const returned = await generator.order<number>({
      type: 'await_deliveries',
      count: messages,
      withinSeconds: SETTLE_SECONDS,
    });
    const tookSeconds = (performance.now() - from) / 1000;
    const returnedMicroseconds = ((server.processorSeconds() - cpu) * 1e6) / messages;
    const file = join(scratch, 'ledger');
    await generator.order({ type: 'write_ledger', file });
    const verdict = judge(file, end, { type: 'direct' });
    return {
      title: `Offline: ${away} users with ${WAITING_MESSAGES} waiting messages each come back within ${BACK_WITHIN_SECONDS} s`,
      head: ['', 'messages', 'µs a message', 'refused', 'repeated', 'seconds'],
      rows: [
        [
          'stored',
          figure(stored.sent),
          figure(stored.microsecondsPerMessage),
          figure(stored.refused),
          figure(stored.repeated),
          figure(stored.seconds),
        ],
        ['returned', figure(returned), figure(returnedMicroseconds), '0', '0', figure(tookSeconds)],
      ],
      figures: [
        {
          name: 'offline, stored',
          value: stored.microsecondsPerMessage,
          unit: 'µs a message',
          ...atMost(stored.microsecondsPerMessage, STORED_BOUND),
        },
        {
          name: 'offline, returned (connecting included)',
          value: returnedMicroseconds,
          unit: 'µs a message',
          ...atMost(returnedMicroseconds, RETURNED_BOUND),
        },
      ],
      notes: verdictSentences(verdict),
      data: { stored, returned, returnedMicroseconds, tookSeconds, verdict },
    };
  } finally {
    generator.stop();
    await running.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}
