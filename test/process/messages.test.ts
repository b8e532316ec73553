import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatedParley } from './operated.js';

const parley = new OperatedParley();
let alice: string;

beforeAll(async () => {
  await parley.start();
  alice = await parley.signUp('alice');
  await parley.signUp('bob');
});
afterAll(() => parley.end());

describe('parley messages delete', () => {
  it('takes a message from its channel, tells where it was, and writes down who did it', async () => {
    const { messageId } = await parley.send(alice, { userId: 'bob' }, 'hemlock');
    expect(await parley.answer('messages', 'delete', String(messageId))).toEqual({ channelId: 'alice~bob', seq: 2 });
    const { events } = await parley.get('/v1/channels/alice~bob/history?after=0', alice);
    expect(JSON.stringify(events)).not.toContain('hemlock');
    expect(events).toMatchObject([{ seq: 1 }, { seq: 2, deleted: true }, { seq: 3, erased: { seq: 2 } }]);
    const { entries } = await parley.answer('audit', '--limit', '1');
    expect(entries).toMatchObject([{ who: 'root', action: 'DeleteMessage', subject: messageId, outcome: 'ok' }]);
    expect(await parley.operate('messages', 'delete', String(messageId))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('message_erased, 3101') as string,
    });
  });

  it('refuses what is no id, what is not there, and whoever is no admin', async () => {
    const { messageId } = await parley.send(alice, { userId: 'bob' }, 'stays');
    const oscar = await parley.token('oscar', 'operator');
    const cases = [
      [1, 'invalid_argument, 1004', 'twelve'],
      [5, 'message_not_found, 3004', '12'],
      [4, 'forbidden, 2003', String(messageId), '--token', oscar],
    ] as const;
    for (const [code, said, ...args] of cases) {
      const ran = await parley.operate('messages', 'delete', ...args);
      expect(ran).toMatchObject({ code, stderr: expect.stringContaining(said) as string });
    }
    const { events } = await parley.get('/v1/channels/alice~bob/history?after=3', alice);
    expect(events).toMatchObject([{ message: { text: 'stays' } }]);
  });
});
