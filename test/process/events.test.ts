import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ran } from './command-line.js';
import { type Fields, OperatedParley } from './operated.js';

const parley = new OperatedParley();

beforeAll(() => parley.start());
afterAll(() => parley.end());

const lines = ({ stdout }: Ran): Fields[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Fields);

describe('parley events', () => {
  it('shows what happens while it looks: here, what operators do', async () => {
    const watching = parley.operate('events', '--for', '5', '--json');
    const token = await parley.token('oscar', 'operator');
    const done = { ended: false };
    void watching.then(() => {
      done.ended = true;
    });
    while (!done.ended) await parley.operate('users', 'suspend', 'nobody', '--token', token);
    const ran = await watching;
    expect(ran.code).toBe(0);
    const [first, second] = lines(ran);
    expect(first).toMatchObject({ type: 'watching' });
    expect(second).toMatchObject({ type: 'audit', subject: 'oscar', text: 'SuspendUser nobody: user_not_found' });
  });

  it('shows only the types that are wanted, as lines of text', async () => {
    const { code, stdout } = await parley.operate('events', 'process_left', '--for', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d .*Z {2}watching +What happens from now on is told\.\n$/);
  });

  it('refuses whoever is no operator, and what is no time', async () => {
    const eve = await parley.token('eve', 'viewer');
    expect(await parley.operate('events', '--for', '1', '--token', eve)).toMatchObject({ code: 4 });
    expect(await parley.operate('events', '--for', 'long')).toMatchObject({ code: 2 });
  });
});
