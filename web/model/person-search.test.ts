import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Person } from '../../client/index.js';
import { NO_SEARCH, PersonSearch, type PersonSearchState } from './person-search.js';

let shown: PersonSearchState;
let asked: Map<string, { found: (people: readonly Person[]) => void; failed: (error: Error) => void }>;
let search: PersonSearch;

const person = (userId: string): Person => ({ userId, displayName: userId }) as Person;
const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  shown = NO_SEARCH;
  asked = new Map();
  search = new PersonSearch(
    (prefix) => new Promise((found, failed) => asked.set(prefix, { found, failed })),
    (change) => {
      shown = { ...shown, ...change };
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
});

it('asks once the typing rests, for what is typed by then', () => {
  search.typed('A');
  vi.advanceTimersByTime(200);
  search.typed('Al ');
  expect(shown.query).toBe('Al ');
  vi.advanceTimersByTime(249);
  expect([...asked.keys()]).toEqual([]);
  vi.advanceTimersByTime(1);
  expect([...asked.keys()]).toEqual(['al']);
});

it('shows no answer to what is not asked any more', async () => {
  search.typed('al');
  vi.advanceTimersByTime(250);
  search.typed('bo');
  vi.advanceTimersByTime(250);
  asked.get('bo')?.found([person('bob')]);
  asked.get('al')?.found([person('alice')]);
  await settled();
  expect(shown.found?.map(({ userId }) => userId)).toEqual(['bob']);
  search.typed('');
  expect(shown).toEqual(NO_SEARCH);
});

it('says why nothing was found, until the next key', async () => {
  search.typed('al');
  vi.advanceTimersByTime(250);
  asked.get('al')?.failed(new Error('gone'));
  await settled();
  expect(shown).toMatchObject({ found: [], complaint: expect.any(String) });
  search.typed('ali');
  expect(shown.complaint).toBeUndefined();
});
