import { expect, it } from 'vitest';
import { silentLogger } from '../core/logger.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { RefusedLogins } from './refused-logins.js';

it('are in the log, at a rate, with how many were left out', async () => {
  const clock = new FakeClock();
  const told: object[] = [];
  const refused = new RefusedLogins(clock, { ...silentLogger, warn: (fields) => told.push(fields) });
  for (let i = 0; i < 1_000; i++) refused.tell('10.0.0.7:4711', 'DeleteUser');
  expect(told).toHaveLength(10);
  expect(told[0]).toEqual({ from: '10.0.0.7:4711', method: 'DeleteUser', leftOut: 0 });
  await clock.advance(1_000);
  refused.tell('10.0.0.8:4712', 'GetStatus');
  expect(told.slice(10)).toEqual([{ from: '10.0.0.8:4712', method: 'GetStatus', leftOut: 990 }]);
});
