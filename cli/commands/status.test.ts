import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Context } from '../context.js';
import { top } from './status.js';

const terminal = process.stdout.isTTY;
let said: string;
let looks: number;
const waits: number[] = [];

beforeEach(() => {
  [said, looks] = ['', 0];
  waits.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stdout.isTTY = terminal;
});

/** One process that in two seconds has half of a processor, writes 200 rows and commits them ten times. */
function ask(): Promise<object> {
  const at = looks++;
  const counted = { writes: 200 * at, flushes: 10 * at, processorSeconds: at };
  const one = { name: 'node-1', incarnation: 'i1', roles: ['node'], startedAtMs: 0, eventLoopDelayMs: 1, ...counted };
  return Promise.resolve({ form: 'cluster', atMs: 1_000 + 2_000 * at, processes: [one], silent: [] });
}

async function look(options: { readonly json?: boolean; readonly count?: number; readonly isTTY: boolean }) {
  const { json = false, count, isTTY } = options;
  process.stdout.isTTY = isTTY;
  const context = new Context({ json }, {});
  Object.defineProperty(context, 'client', { value: { ask } });
  const wait = (ms: number): Promise<unknown> => Promise.resolve(waits.push(ms));
  await top(context, { interval: 2, ...(count !== undefined && { count }) }, wait);
  return said;
}

const RATES = [{ name: 'node-1', incarnation: 'i1', processorPercent: 50, rowsPerSecond: 100, commitsPerSecond: 5 }];

it('shows rates where no terminal is, too: of two looks that are an interval apart', async () => {
  expect(await look({ isTTY: false })).toMatch(/^cluster\n[\s\S]*node-1 +50 % +100 +5\n$/);
  expect([looks, waits]).toEqual([2, [2_000]]);
});

it('gives an object with rates in each line as JSON, and clears no screen', async () => {
  const lines = (await look({ json: true, count: 2, isTTY: true })).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { atMs: 3_000, rates: RATES },
    { atMs: 5_000, rates: RATES },
  ]);
});

it('shows at a terminal what is there at once, and goes on in its place', async () => {
  const [, first, second, ...more] = (await look({ count: 1, isTTY: true })).split('\u001b[2J\u001b[H');
  expect([first?.includes('node-1'), first?.includes('rows/s'), second?.includes('rows/s'), more]).toEqual([
    ...[true, false, true],
    [],
  ]);
});
