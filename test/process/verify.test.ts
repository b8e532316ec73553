import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../src/storage/lmdb/lmdb-storage.js';
import { until } from '../until.js';
import { OperatedParley } from './operated.js';

const parley = new OperatedParley();
let alice: string;

beforeAll(async () => {
  await parley.start();
  alice = await parley.signUp('alice');
  await parley.signUp('bob');
  for (const text of ['one', 'two', 'three']) await parley.send(alice, { userId: 'bob' }, text);
});
afterAll(() => parley.end());

/** Takes a row of bob's inbox for another one, behind the back of a process that is stopped. */
async function damage(): Promise<void> {
  const folder = await openDataFolder(parley.data, { now: Date.now() });
  const storage = await openLmdb({ folder, incarnation: 'a-hand' });
  await storage.ownership.insertFence('a-hand');
  const [second, third] = await storage.messages.readRows('user:bob', 2, 4, 2);
  if (second === undefined || third === undefined) throw new Error('the inbox has no such rows');
  await storage.messages.write([{ type: 'erase', log: 'user:bob', row: { ...third, body: second.body } }]);
  await storage.close();
  await folder.release();
}

describe('parley verify', () => {
  it('looks over everything, finds a sound store sound, and is written down', async () => {
    // Rows of inboxes are stored a while after the message is acknowledged.
    await until('the inboxes are stored', async () => Number((await parley.answer('verify')).positions) >= 12);
    const found = await parley.answer('verify');
    expect(found).toMatchObject({ usersDone: 2, channels: 1, breachesFound: 0, breaches: [] });
    const { stdout } = await parley.operate('verify', 'bob');
    expect(stdout).toMatch(/^1 inboxes and 1 channels, \d+ positions looked at: no breach\.\n$/);
    const { entries } = await parley.answer('audit', '--limit', '4');
    expect(entries).toMatchObject([
      { action: 'Verify', subject: 'bob', outcome: 'ok' },
      { action: 'Verify', subject: 'bob', outcome: 'begun' },
      { subject: 'everybody', outcome: 'ok' },
      { subject: 'everybody', outcome: 'begun' },
    ]);
  });

  it('refuses who is not there, a rate that is none, and whoever is no operator', async () => {
    const eve = await parley.token('eve', 'viewer');
    const cases = [
      [5, 'user_not_found, 3003', 'nobody'],
      [1, 'invalid_argument, 1004', 'No Name'],
      [2, 'a whole number of 1 to 100000', '--rate', '1000000'],
      [2, 'a whole number of 1 to 100000', '--rate', 'fast'],
      [4, 'forbidden, 2003', '--token', eve],
    ] as const;
    for (const [code, said, ...args] of cases) {
      const ran = await parley.operate('verify', ...args);
      expect(ran).toMatchObject({ code, stderr: expect.stringContaining(said) as string });
    }
  });

  it('tells each breach of a store that was damaged, and ends with 1', async () => {
    await parley.stop();
    await damage();
    await parley.start();
    const { code, stdout } = await parley.operate('verify', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      breachesFound: 2,
      breaches: [
        { guarantee: 'G3', log: 'user:bob', seq: 3, text: 'The inbox holds position 2 of alice~bob once more.' },
        { text: 'The inbox lacks position 3 of alice~bob, which bob was due.' },
      ],
    });
    expect((await parley.operate('verify')).stdout).toMatch(/G3 +user:bob +3 +The inbox holds/);
  });
});
