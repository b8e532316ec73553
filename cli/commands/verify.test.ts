import { expect, it } from 'vitest';
import { progressText } from './verify.js';

const SEEN = { channels: 3, positions: 20, breaches: [], breachesFound: 0, done: false };

it('says of what its bar is the part, and what is looked over once that is full', () => {
  const half = progressText({ ...SEEN, usersDone: 2, usersTotal: 4 });
  expect(half).toMatch(/ 50 % of the inboxes; 2 inboxes and 3 channels, 20 positions looked at: no breach\.$/);
  const full = progressText({ ...SEEN, usersDone: 4, usersTotal: 4 });
  expect(full).toMatch(/ 100 % of the inboxes, now the channels that none of them names; 4 inboxes and 3 channels, /);
});
