import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatedParley } from './operated.js';

const parley = new OperatedParley();
let alice: string;

beforeAll(async () => {
  await parley.start();
  alice = await parley.signUp('alice');
});
afterAll(() => parley.end());

async function noticed(): Promise<unknown[]> {
  const { frames } = await parley.get('/v1/poll', alice);
  return (frames as { notice?: unknown }[]).flatMap(({ notice }) => notice ?? []);
}

describe('parley notice', () => {
  it('puts a text up for everybody, and takes it down', async () => {
    expect(await noticed()).toEqual([]);
    const put = await parley.answer('notice', 'set', 'At noon we restart.', '--for', '2h');
    expect(put).toMatchObject({ text: 'At noon we restart.' });
    expect(Number(put.untilMs)).toBeGreaterThan(Date.now() + 7_100_000);
    expect(await noticed()).toMatchObject([{ noticeId: put.noticeId, text: 'At noon we restart.' }]);
    expect((await parley.operate('notice', 'show')).stdout).toMatch(/^At noon we restart\.\n\(until \d{4}-/);
    expect(await parley.answer('notice', 'withdraw')).toMatchObject({ noticeId: '' });
    expect(await noticed()).toEqual([]);
    expect((await parley.operate('notice', 'show')).stdout).toBe('No notice stands.\n');
    const { entries } = await parley.answer('audit', '--limit', '2');
    expect(entries).toMatchObject([
      { action: 'WithdrawNotice' },
      { action: 'SetNotice', subject: 'At noon we restart.' },
    ]);
  });

  it('stands after a restart', async () => {
    const { noticeId } = await parley.answer('notice', 'set', 'At noon we restart.');
    await parley.stop('SIGKILL');
    await parley.start();
    expect(await noticed()).toMatchObject([{ noticeId }]);
    await parley.answer('notice', 'withdraw');
  });

  it('refuses what is empty, too long, for too long, for no time, or by somebody who may not', async () => {
    const eve = await parley.token('eve', 'viewer');
    const cases = [
      [1, 'invalid_argument, 1004', 'set', ' '],
      [1, 'invalid_argument, 1004', 'set', 'x'.repeat(1_001)],
      [2, 'It is a time such as 90s, 30m, 2h or 1d, of at most 7 d.', 'set', 'long', '--for', '8d'],
      [4, 'forbidden, 2003', 'set', 'hello', '--token', eve],
    ] as const;
    for (const [code, said, ...args] of cases) {
      const ran = await parley.operate('notice', ...args);
      expect(ran).toMatchObject({ code, stderr: expect.stringContaining(said) as string });
    }
    expect(await noticed()).toEqual([]);
  });
});
