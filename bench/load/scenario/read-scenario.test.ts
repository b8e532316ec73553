import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { listScenarios, parseScenario, readScenario } from './read-scenario.js';

const FOLDER = fileURLToPath(new URL('../scenarios/', import.meta.url));
const HEAD = 'about: A test.\nusers: 10\nseconds: 5\n';

const complaintOf = (text: string): string => {
  try {
    parseScenario(text, 'some.yaml');
  } catch (error) {
    return String((error as Error).message);
  }
  return '';
};

it('reads every scenario that is shipped', () => {
  const all = listScenarios(FOLDER);
  expect(all.length).toBeGreaterThan(1);
  for (const { file } of all) expect(readScenario(file).variants.length).toBeGreaterThan(0);
});

it('names file and line of an unknown key, at any depth', () => {
  expect(complaintOf(`${HEAD}colour: red\n`)).toBe('some.yaml:4: the scenario has an unknown key: colour');
  expect(complaintOf(`${HEAD}talk:\n  - kind: direct\n    rate: 5\n    rat: 6\n`)).toBe(
    'some.yaml:7: talk.0 has an unknown key: rat',
  );
  expect(complaintOf(`${HEAD}meanwhile:\n  - at: 1\n    do: kill\n    whom: all\n`)).toBe(
    'some.yaml:7: meanwhile.0 has an unknown key: whom',
  );
});

it('names file and line of what is not YAML, of an unknown kind and of a wrong type', () => {
  expect(complaintOf('about: "open\n')).toMatch(/^some\.yaml:\d+: /);
  expect(complaintOf(`${HEAD}talk:\n  - { kind: shout, rate: 5 }\n`)).toMatch(/^some\.yaml:5: talk\.0 .*kind/);
  expect(complaintOf('about: A test.\nusers: many\nseconds: 5\n')).toBe('some.yaml:2: users must be integer');
});

it('refuses what makes no sense', () => {
  expect(complaintOf('about: A test.\nusers: 5\nseconds: 5\n')).toContain('must be even');
  expect(complaintOf(`${HEAD}talk:\n  - { kind: group, size: 50, rate: 5 }\n`)).toContain('needs as many users');
  expect(complaintOf(`${HEAD}meanwhile:\n  - { at: 9, do: cut }\n`)).toContain('comes after');
  expect(complaintOf(`${HEAD}random: { everySeconds: [0, 0], of: [cut] }\n`)).toContain('must be >= 0.1');
  expect(complaintOf(`${HEAD}random: { everySeconds: [9, 3], of: [cut] }\n`)).toContain('from 9 to 3 is no interval');
  expect(complaintOf(`${HEAD}others: { poll: 12 }\n`)).toContain('are users, too');
  const broadcast = 'talk:\n  - { kind: broadcast, size: 9, rate: 1 }\n';
  expect(complaintOf(`${HEAD}others: { poll: 2 }\n${broadcast}`)).toContain('do not come by polls');
});

it('names the line of what makes no sense, in a variant or at the head', () => {
  const talk = 'talk:\n  - { kind: direct, rate: 1 }\n  - { kind: group, size: 50, rate: 5 }\n';
  expect(complaintOf(`${HEAD}${talk}`)).toMatch(/^some\.yaml:6: some: a group of 50/);
  expect(complaintOf(`${HEAD}${talk}variants:\n  - { name: few }\n`)).toMatch(/^some\.yaml:6: few: a group of 50/);
  const odd = `${HEAD}variants:\n  - { name: few }\n  - name: odd\n    users: 7\n`;
  expect(complaintOf(odd)).toMatch(/^some\.yaml:7: odd: the number of users must be even/);
});

it('fills in what a file leaves out, and lets a variant set it otherwise', () => {
  const { variants } = parseScenario(`${HEAD}variants:\n  - { name: few }\n  - { name: many, users: 100 }\n`, 'a.yaml');
  expect(variants.map(({ name, users, transport }) => [name, users, transport])).toEqual([
    ['few', 10, 'websocket'],
    ['many', 100, 'websocket'],
  ]);
});
