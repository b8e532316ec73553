import { expect, it } from 'vitest';
import { parseScenario } from './read-scenario.js';
import { resize } from './resize.js';

const SCENARIO = parseScenario(
  `about: A test.
users: 1000
seconds: 40
talk:
  - { kind: group, size: 50, rate: 20 }
  - { kind: flap, users: 800, watchers: 200, rate: 100 }
meanwhile:
  - { at: 12, do: leave, share: 0.5, forSeconds: 8, overSeconds: 4 }
variants:
  - { name: as the file says }
  - { name: ten times, users: 10000, talk: [{ kind: broadcast, size: 5000, rate: 1 }] }
`,
  'some.yaml',
);
const AS_IT_IS = { users: undefined, seconds: undefined, rateFactor: 1 };

it('leaves a file as it is when nothing else is asked for', () => {
  expect(resize(SCENARIO, AS_IT_IS)).toEqual(SCENARIO.variants);
});

it('changes the users of all variants alike, and makes no channel larger than that', () => {
  const [first, second] = resize(SCENARIO, { ...AS_IT_IS, users: 40 });
  expect([first?.users, second?.users]).toEqual([40, 400]);
  expect(first?.talk).toEqual([
    { kind: 'group', size: 40, rate: 20 },
    { kind: 'flap', users: 32, watchers: 8, rate: 100 },
  ]);
  expect(second?.talk).toMatchObject([{ kind: 'broadcast', size: 400 }]);
});

it('keeps what goes wrong at its place in a shorter run', () => {
  const [first] = resize(SCENARIO, { ...AS_IT_IS, seconds: 10, rateFactor: 0.5 });
  expect(first?.meanwhile).toEqual([{ at: 3, do: 'leave', share: 0.5, forSeconds: 2, overSeconds: 1 }]);
  expect(first?.talk.map(({ rate }) => rate)).toEqual([10, 50]);
});

it('keeps broadcast channels from those who poll', () => {
  const text = `about: A test.
users: 400
seconds: 5
others: { poll: 60 }
talk:
  - { kind: broadcast, size: 300, rate: 1 }
  - { kind: flap, users: 40, rate: 1 }
`;
  const [variant] = resize(parseScenario(text, 'some.yaml'), { ...AS_IT_IS, users: 40 });
  expect([variant?.others, variant?.talk[0]]).toMatchObject([{ poll: 6 }, { size: 30 }]);
});
