import { expect, it } from 'vitest';
import { ERRORS, type ErrorName } from '../../../src/core/errors.js';
import { seededRandom } from '../../../src/core/random.js';
import { FakeClock } from '../../../src/core/testing/fake-clock.js';
import type { v1 } from '../../../src/protocol/wire.js';
import { Conversation } from './conversation.js';
import type { ScannedEvent } from './frame-scanner.js';
import { Outbox } from './outbox.js';

const REPEAT_FOR_MS = 30_000;

function setup(steady = false) {
  const clock = new FakeClock();
  const posted: v1.ISend[] = [];
  const told: string[] = [];
  let connected = true;
  const outbox = new Outbox({
    userId: 'alice',
    clock,
    random: seededRandom(1),
    observer: {
      acknowledged: (number, seq) => told.push(`${number} acknowledged at ${seq}`),
      repeated: (number) => told.push(`${number} repeated`),
      refused: (number, code) => told.push(`${number} refused ${code}`),
    },
    post: (send) => (connected ? posted.push(send) : undefined),
    steady,
    repeatForMs: REPEAT_FOR_MS,
  });
  const to = new Conversation({ userId: 'bob' }, 'alice~bob', 0);
  const refuse = (requestId: number, name: ErrorName, retryAfterMs = 0): boolean =>
    outbox.refused(requestId, { name, code: ERRORS[name].code, retryAfterMs });
  const acknowledge = (requestId: number, seq: number): void =>
    outbox.acknowledged(requestId, { seq, idHigh: 0, idLow: seq } as ScannedEvent);
  const lose = (): void => {
    connected = false;
    outbox.forget();
  };
  return { clock, posted, told, outbox, to, refuse, acknowledge, lose };
}

it.each(['timeout', 'unavailable', 'overloaded'] as const)(
  'repeats a send that was refused with `%s` under the same id, with the same base',
  async (name) => {
    const { clock, posted, told, outbox, to, refuse, acknowledge } = setup();
    to.head = 7;
    outbox.send(to, 4);
    to.head = 9;
    expect(refuse(1, name)).toBe(true);
    expect(posted.length).toBe(1);
    await clock.advance(250);
    expect(posted.map(({ clientMessageId, base }) => [clientMessageId, base])).toEqual([
      [posted[0]?.clientMessageId, 7],
      [posted[0]?.clientMessageId, 7],
    ]);
    acknowledge(2, 10);
    expect(told).toEqual(['4 repeated', '4 acknowledged at 10']);
    expect(to.unsettled.size).toBe(0);
  },
);

it('comes back when the server says, and after growing waits where it does not', async () => {
  const { clock, posted, outbox, to, refuse } = setup();
  outbox.send(to, 1);
  refuse(1, 'overloaded', 3_000);
  await clock.advance(2_999);
  expect(posted.length).toBe(1);
  await clock.advance(1);
  refuse(2, 'timeout');
  await clock.advance(249);
  expect(posted.length).toBe(2);
  await clock.advance(251);
  refuse(3, 'timeout');
  await clock.advance(499);
  expect(posted.length).toBe(3);
  await clock.advance(501);
  expect(posted.length).toBe(4);
});

it('repeats what was sent after the refused one behind it, in order, once', async () => {
  const { clock, posted, outbox, to, refuse } = setup();
  for (const number of [1, 2, 3]) outbox.send(to, number);
  refuse(1, 'unavailable');
  refuse(2, 'out_of_order');
  await clock.advance(250);
  // An answer to an attempt that was repeated meanwhile.
  refuse(3, 'out_of_order');
  await clock.advance(5_000);
  const names = posted.map(({ clientMessageId }) => clientMessageId);
  expect(names.slice(3)).toEqual(names.slice(0, 3));
  expect(posted.map(({ after }) => after)).toEqual(['', names[0], names[1], '', names[0], names[1]]);
});

it('takes a refusal as final after a while, and one that nothing can change at once', async () => {
  const { clock, posted, told, outbox, to, refuse } = setup();
  outbox.send(to, 1);
  for (let attempt = 1; told.at(-1) !== '1 refused 7003' && attempt < 100; attempt++) {
    refuse(attempt, 'timeout');
    await clock.advance(5_000);
  }
  expect(told.at(-1)).toBe('1 refused 7003');
  expect(clock.monotonic()).toBeGreaterThanOrEqual(REPEAT_FOR_MS);
  const attempts = posted.length;
  outbox.send(to, 2);
  refuse(attempts + 1, 'not_a_member');
  await clock.advance(60_000);
  expect([told.at(-1), posted.length, to.unsettled.size]).toEqual(['2 refused 3001', attempts + 1, 0]);
});

it('leaves what a closing connection refuses to the next one, if there will be one', () => {
  const passing = setup();
  passing.outbox.send(passing.to, 1);
  passing.refuse(1, 'draining');
  expect(passing.told).toEqual(['1 refused 7005']);
  const steady = setup(true);
  steady.outbox.send(steady.to, 1);
  steady.refuse(1, 'draining');
  expect([steady.told, steady.to.unsettled.size]).toEqual([[], 1]);
});

it('repeats nothing without a connection', async () => {
  const { clock, told, outbox, to, refuse, lose } = setup();
  outbox.send(to, 1);
  refuse(1, 'timeout');
  lose();
  await clock.advance(5_000);
  expect([told, to.unsettled.size]).toEqual([[], 1]);
});

it('has no part in answers to other requests', () => {
  expect(setup().refuse(1, 'timeout')).toBe(false);
});
