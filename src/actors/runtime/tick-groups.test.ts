import { expect, it } from 'vitest';
import { TickGroups } from './tick-groups.js';

const member = (name: string) => ({ name, tickGroup: -1 });
const named = (members: Iterable<{ readonly name: string }>): string[] => [...members].map(({ name }) => name);

it('gives each member its turn once a round, after a whole round at the latest', () => {
  const groups = new TickGroups<ReturnType<typeof member>>(3);
  const [ann, bob] = [member('ann'), member('bob')];
  groups.add(ann);
  const turns = [named(groups.next())];
  groups.add(bob);
  groups.add(ann); // it has its group
  for (let turn = 0; turn < 5; turn++) turns.push(named(groups.next()));
  expect(turns).toEqual([[], [], ['ann'], ['bob'], [], ['ann']]);
});

it('forgets who is deleted, in its own turn too, and takes it again', () => {
  const groups = new TickGroups<ReturnType<typeof member>>(2);
  const ann = member('ann');
  groups.delete(ann);
  groups.add(ann);
  groups.next();
  for (const one of groups.next()) groups.delete(one);
  expect([named(groups.next()), named(groups.next())]).toEqual([[], []]);
  groups.add(ann);
  expect([named(groups.next()), groups.roundIsOver]).toEqual([[], false]);
  expect([named(groups.next()), groups.roundIsOver]).toEqual([['ann'], true]);
});
