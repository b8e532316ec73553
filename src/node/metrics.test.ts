import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMetrics } from './metrics.js';

/** What the sources register, also what only a cluster serves: the method of the port, and the name. */
function registered(): string[][] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  const calls = files.flatMap((name) => [
    ...readFileSync(join('src', name), 'utf8').matchAll(
      /metrics\s*\.(counter|total|gauge|histogram)\(\s*['`](.+?)['`]/g,
    ),
  ]);
  return calls.map(([, kind = '', name = '']) => [kind, name]);
}

it('tells a total as a counter, with what it is at the time', async () => {
  const metrics = await createMetrics(true);
  let requests = 3;
  metrics.total('parley_requests_total', 'Requests', () => requests);
  expect(await metrics.text()).toMatch(/^# TYPE parley_requests_total counter\nparley_requests_total 3$/m);
  requests = 5;
  expect(await metrics.text()).toMatch(/^parley_requests_total 5$/m);
});

it('has no metric without the prefix, and of those that only grow, and no others, the names end in _total', () => {
  const all = registered();
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter(([, name = '']) => !name.startsWith('parley_'))).toEqual([]);
  const grows = (kind = ''): boolean => kind === 'counter' || kind === 'total';
  expect(all.filter(([kind, name = '']) => grows(kind) !== name.endsWith('_total'))).toEqual([]);
});
