/** What the command line of operators prints and writes, whatever is in it and wherever it goes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatedParley } from './operated.js';

const parley = new OperatedParley();

beforeAll(async () => {
  await parley.start();
  await parley.signUp('alice');
});
afterAll(() => parley.end());

describe('what others wrote', () => {
  it('moves no cursor and makes no line in the audit log, in a table or in JSON', async () => {
    const eve = await parley.token('eve', 'viewer');
    const hostile = 'x\u001b]0;owned\u0007\u009b2J\n2026-01-01 00:00:00.000Z  root  admin  DeleteUser  alice  ok';
    expect(await parley.operate('users', 'suspend', hostile, '--token', eve)).toMatchObject({ code: 4 });
    const { stdout } = await parley.operate('audit', '--limit', '1');
    expect(stdout).toContain('x\\u001b]0;owned\\u0007\\u009b2J\\n2026-01-01');
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    const json = await parley.operate('audit', '--limit', '1', '--json');
    expect(json.stdout).not.toMatch(/\p{Cc}(?!$)/u);
    expect(JSON.parse(json.stdout)).toMatchObject({
      entries: [{ who: 'eve', subject: hostile, outcome: 'forbidden' }],
    });
  });
});
