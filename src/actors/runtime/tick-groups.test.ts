import { expect, it } from 'vitest';
import { userActor } from '../../core/ids.js';
import { ActorCell } from './actor-cell.js';
import { TickGroups } from './tick-groups.js';

type Cell = ActorCell<unknown>;
const cell = (name: string): Cell => new ActorCell(userActor(name));
const ids = (cells: Iterable<Cell>): string[] => [...cells].map(({ id }) => id);

it('gives each cell its turn once a round, after a whole round at the latest', () => {
  const groups = new TickGroups<Cell>(3);
  const [ann, bob] = [cell('ann'), cell('bob')];
  ann.startTicking(groups);
  const turns = [ids(groups.next())];
  bob.startTicking(groups);
  ann.startTicking(groups); // it has its group
  for (let turn = 0; turn < 5; turn++) turns.push(ids(groups.next()));
  expect(turns).toEqual([[], [], [ann.id], [bob.id], [], [ann.id]]);
});

it('forgets a cell that stops, in its own turn too, and takes it again', () => {
  const groups = new TickGroups<Cell>(2);
  const ann = cell('ann');
  ann.stopTicking();
  ann.startTicking(groups);
  groups.next();
  for (const one of groups.next()) one.stopTicking();
  expect([ids(groups.next()), ids(groups.next())]).toEqual([[], []]);
  ann.startTicking(groups);
  expect([ids(groups.next()), groups.roundIsOver]).toEqual([[], false]);
  expect([ids(groups.next()), groups.roundIsOver]).toEqual([[ann.id], true]);
});
