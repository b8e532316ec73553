import { expect, it } from 'vitest';
import { Ledger } from '../load/record/ledger.js';
import { deliveriesOf } from './deliveries.js';

it('counts a delivery in the line of its message, whichever generator it arrives at, and none to its sender', () => {
  const ledgers = [new Ledger(), new Ledger()];
  const [first, second] = ledgers as [Ledger, Ledger];
  for (const number of [0, 2, 4]) first.sent(number, 0, first.place('g'));
  second.sent(1, 9, second.place('g'));
  for (const number of [0, 1, 2, 4]) {
    for (const user of [0, 1]) first.delivered(user, number, first.place('g'), 1, 0, 1);
    for (const user of [8, 9]) second.delivered(user, number, second.place('g'), 1, 0, 1);
  }
  const timed = [
    { from: 1, to: 3, lanes: Buffer.from([0, 0, 1]).toString('base64'), names: ['group', 'direct'] },
    { from: 0, to: 1, lanes: Buffer.from([0]).toString('base64'), names: ['group'] },
  ];
  const counts = deliveriesOf(
    ledgers.map((ledger) => ledger.bytes()),
    timed,
  );
  expect([...counts].sort()).toEqual([
    ['direct', 3],
    ['group', 6],
  ]);
});
