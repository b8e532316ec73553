/** Logins and discovery, and what logins do to messages that are under way at the same time. */
import type { RequestsResult } from '../load/generator/orders.js';
import { figure } from '../report/table.js';
import { start } from '../run/candidates.js';
import { connect, GeneratorProcess } from '../run/generator.js';
import { latency, type Measurement, measure } from '../run/measure.js';
import { atMost, type ScenarioContext, type ScenarioResult } from './scenario.js';

const MESSAGES_PER_SECOND = 2_000;
const LOGINS_PER_SECOND = 10;
const DISCOVERIES_PER_SECOND = 100;
const DISCOVERY_BOUND_MS = 20;
const GROWTH_BOUND = 1.2;
const ACCOUNTS = 500;

export async function http({ options, say }: ScenarioContext): Promise<ScenarioResult> {
  const running = await start('parley', options.users, options.port);
  const messages = new GeneratorProcess();
  const requests = new GeneratorProcess();
  const tokens = running.target.type === 'parley' ? running.target.tokens : [];
  const ask = (what: 'login' | 'gateways', rate: number): Promise<RequestsResult> =>
    requests.order({
      type: 'http',
      what,
      rate,
      port: options.port,
      seconds: options.seconds,
      accounts: Math.min(ACCOUNTS, options.users),
      tokens,
    });
  const load = (): Promise<Measurement> =>
    measure(running.server, messages, {
      type: 'direct',
      rate: MESSAGES_PER_SECOND,
      warmUpSeconds: 1,
      seconds: options.seconds,
      settleSeconds: 10,
      awaitDelivery: true,
    });
  try {
    say(`${LOGINS_PER_SECOND} logins a second beside ${MESSAGES_PER_SECOND} messages a second, and discovery`);
    await connect(messages, running.target, { end: options.users });
    await load();
    const alone = await load();
    const [beside, login] = await Promise.all([load(), ask('login', LOGINS_PER_SECOND)]);
    const discovery = await ask('gateways', DISCOVERIES_PER_SECOND);
    const row = (name: string, result: RequestsResult): string[] => [
      name,
      String(result.answered),
      String(result.failed),
      figure(latency(result.latency).p50Ms),
      figure(latency(result.latency).p99Ms),
    ];
    const growth = beside.delivery.p99Ms / alone.delivery.p99Ms;
    const discoveryMs = latency(discovery.latency).p99Ms;
    return {
      title: 'HTTP: login and discovery',
      head: ['request', 'answered', 'failed', 'p50 ms', 'p99 ms'],
      rows: [
        row(`login, ${LOGINS_PER_SECOND}/s`, login),
        row(`discovery, ${DISCOVERIES_PER_SECOND}/s`, discovery),
        [
          'message alone',
          String(alone.sent),
          String(alone.lost),
          figure(alone.delivery.p50Ms),
          figure(alone.delivery.p99Ms),
        ],
        [
          'message beside logins',
          String(beside.sent),
          String(beside.lost),
          figure(beside.delivery.p50Ms),
          figure(beside.delivery.p99Ms),
        ],
      ],
      figures: [
        { name: 'discovery p99', value: discoveryMs, unit: 'ms', ...atMost(discoveryMs, DISCOVERY_BOUND_MS) },
        { name: 'login p99', value: latency(login.latency).p99Ms, unit: 'ms' },
        { name: 'message p99 beside logins', value: growth, unit: 'x', ...atMost(growth, GROWTH_BOUND) },
      ],
      notes: [login, discovery].flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
      data: { login, discovery, alone, beside },
    };
  } finally {
    messages.stop();
    requests.stop();
    await running.stop();
  }
}
