import { expect, it } from 'vitest';
import type { HttpCall } from './http.js';
import { People } from './people.js';

/** The API that gives one answer to everything. */
function peopleOf(answer: unknown) {
  const asked: HttpCall[] = [];
  const call = async (one: HttpCall): Promise<unknown> => {
    asked.push(one);
    return answer;
  };
  return { asked, people: new People(call, async () => {}) };
}

it('finds the person of exactly that name, or nobody', async () => {
  const bob = { userId: 'bob', displayName: 'Bob' };
  const { asked, people } = peopleOf({ people: [bob] });
  expect(await people.find('bob')).toEqual(bob);
  expect(asked).toEqual([{ method: 'GET', path: '/people?name=bob' }]);
  expect(await peopleOf({ people: [] }).people.find('nobody')).toBeUndefined();
});

it('renames a device, whatever characters its id has', async () => {
  const device = { deviceId: 'a/b', name: 'Phone', createdAtMs: 1, lastSeenAtMs: 2, current: true };
  const { asked, people } = peopleOf(device);
  expect(await people.renameDevice('a/b', 'Phone')).toEqual(device);
  expect(asked).toEqual([{ method: 'PATCH', path: '/devices/a%2Fb', body: { name: 'Phone' } }]);
});
