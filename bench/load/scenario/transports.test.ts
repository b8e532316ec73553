import { expect, it } from 'vitest';
import { parseScenario } from './read-scenario.js';
import { talkersOf } from './transports.js';

const talkersIn = (lines: string) =>
  parseScenario(`about: A test.\nusers: 100\nseconds: 5\n${lines}`, 'some.yaml').variants.flatMap(talkersOf);

it('gives everybody the one transport when no other is named', () => {
  expect(talkersIn('transport: long_poll\n')).toEqual([{ transport: 'long_poll', first: 0, end: 100 }]);
});

it('lets the last users talk in another way, before those who flap', () => {
  const flap = 'talk:\n  - { kind: flap, users: 30, rate: 1 }\n';
  expect(talkersIn(`others: { long_poll: 10, poll: 5 }\n${flap}`)).toEqual([
    { transport: 'websocket', first: 0, end: 55 },
    { transport: 'long_poll', first: 55, end: 65 },
    { transport: 'poll', first: 65, end: 70 },
    { transport: 'websocket', first: 70, end: 100 },
  ]);
});
